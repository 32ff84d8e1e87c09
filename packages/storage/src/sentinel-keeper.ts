import type { Timers } from '@hearsay/core';
import type { Counters } from './records.ts';
import type { Sentinel, SentinelRecord } from './sentinel.ts';

/** Keeps the sentinel up to date while the store is open, outside of everything that is waited for. */
export interface SentinelKeeper {
  /** After a batch: what it reached is noted within the interval. */
  moved(): void;
  /** Before so many documents are forgotten; throws where that cannot be noted. */
  willForget(documents: number): Promise<void>;
  /** Notes nothing more; after the last note is written, or has failed. */
  stop(): Promise<void>;
  /** The last note, of a database that is closed. Where it cannot be written the one before holds. */
  closed(counters: Counters): Promise<void>;
}

export interface SentinelKeeperDeps {
  readonly sentinel: Sentinel;
  /** As it was written when the store was opened. */
  readonly written: SentinelRecord;
  readonly isSynced: boolean;
  /** Of what is written: never of what is only on its way. */
  counters(): Counters;
  readonly timers: Timers;
  readonly intervalMs: number;
}

export function createSentinelKeeper(deps: SentinelKeeperDeps): SentinelKeeper {
  const { format, cluster, replicaId, incarnation } = deps.written;
  // Raised only where no document can be forgotten meanwhile: when the store is closed.
  let { documents } = deps.written;
  let cancel: (() => void) | undefined;
  let writing: Promise<void> = Promise.resolve();
  let stopped = false;

  function write({ feedHead, outboxHead }: Counters): Promise<void> {
    const reached = { incarnation, feedHead, outboxHead, isSynced: deps.isSynced };
    const record = { format, cluster, replicaId, incarnation, documents, reached };
    const written = writing.then(() => deps.sentinel.write(record));
    writing = written.catch(() => {});
    return written;
  }

  return {
    moved() {
      if (stopped) return;
      cancel ??= deps.timers.set(deps.intervalMs, () => {
        cancel = undefined;
        // What cannot be noted now is noted after the next batch.
        void write(deps.counters()).catch(() => {});
      });
    },
    willForget(fewer) {
      documents = Math.min(documents, deps.counters().documents - fewer);
      return write(deps.counters());
    },
    stop() {
      stopped = true;
      cancel?.();
      return writing;
    },
    async closed(counters) {
      documents = counters.documents;
      await write(counters).catch(() => {});
    },
  };
}
