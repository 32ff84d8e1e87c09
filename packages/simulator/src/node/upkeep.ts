import type { SettledClock, Timers } from '@hearsay/core';
import type { DocumentStore, KeptDocument } from '@hearsay/storage';

/** How long a node keeps what is deleted, in milliseconds. */
export interface Upkeep {
  /** For which the wall clock has to run evenly before ages are judged by it. */
  readonly settleMs: number;
  /** For which contents of deleted documents are kept. */
  readonly windowMs: number;
  /** For which certificates are in force. */
  readonly certificateMs: number;
  /** Between two sweeps. */
  readonly sweepMs: number;
}

/** What a sweep has done and left. */
export interface Sweep {
  readonly forgotten: number;
  readonly certificatesRested: number;
  readonly kept: readonly KeptDocument[];
}

export interface UpkeepDeps {
  readonly store: DocumentStore;
  readonly clock: SettledClock;
  readonly timers: Timers;
  swept(sweep: Sweep): void;
}

/** Forgets by age as the server's own sweeps do: the store decides what and when. */
export function startUpkeep(upkeep: Upkeep, deps: UpkeepDeps): void {
  const { store, clock, timers } = deps;

  async function sweep(): Promise<void> {
    if (store.status().state !== 'ready') return;
    const forgotten = await store.forgetDeleted(clock.now() - upkeep.windowMs);
    const rules = { isKeptHere: () => true, forgetMs: Number.POSITIVE_INFINITY };
    const { rested } = await store.restCertificates(rules);
    deps.swept({ forgotten, certificatesRested: rested, kept: await store.kept() });
  }

  function again(): void {
    timers.set(upkeep.sweepMs, () => {
      // A store that closes or recovers under a sweep.
      void sweep().then(again, again);
    });
  }

  again();
}
