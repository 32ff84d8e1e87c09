import type { Clock, Timers } from '@hearsay/core';
import type { OpenTransport } from '../../connection/transport.ts';
import type { CopyDatabase } from '../../copy/database.ts';
import type { JoinTabs } from '../../tabs/tab-group.ts';

/** What a provider needs of where it runs. */
export interface ProviderPlatform {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Fresh randomness of the operating system. */
  entropy(count: number): Uint8Array;
  readonly openTransport: OpenTransport;
  /** Calls back when the network changes or the device wakes up; gives the end of it. */
  onStir(listener: (online: boolean) => void): () => void;
  /** Opens what a name stands for here: an IndexedDB database, or a directory. */
  openDatabase(name: string): Promise<CopyDatabase>;
  /** Where documents are kept when the application does not say; null: nowhere. */
  defaultStorage(url: string): string | null;
  readonly joinTabs: JoinTabs;
}
