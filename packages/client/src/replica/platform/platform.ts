import type { Clock, Result, Timers } from '@hearsay/core';
import type { WebSocketLike } from '@hearsay/gossip-sync/web';
import type { DatabaseFactory, DocumentStore, Lease, OpenError, Sentinel } from '@hearsay/storage';

/** Where a replica is kept: the name of an IndexedDB database in browsers, a directory in Node, or a database of the Level family. */
export type ReplicaStorage = string | LevelStorage;

/** Any database of the Level family, with the small record beside it that tells which one it should be. */
export interface LevelStorage {
  readonly openDatabase: DatabaseFactory;
  readonly sentinel: Sentinel;
  readonly lease?: Lease;
}

/** What a replica needs of where it runs. */
export interface Platform {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Fresh randomness of the operating system. */
  entropy(count: number): Uint8Array;
  openSocket(address: string, subprotocol: string): WebSocketLike;
  /** Opens what a name stands for here. */
  openStore(name: string, cluster: string): Promise<Result<DocumentStore, OpenError>>;
}
