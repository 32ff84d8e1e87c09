import type { ReplicaId, Timers } from '@hearsay/core';
import type { DocumentStore } from '@hearsay/storage';
import type { Log } from '../telemetry/log.ts';
import { openErasure } from './erasure.ts';
import { holdersOf } from './holders.ts';

export interface RetentionDeps {
  readonly store: Pick<
    DocumentStore,
    'identity' | 'status' | 'restCertificates' | 'erase' | 'readState' | 'writeState'
  >;
  readonly timers: Timers;
  readonly log: Log;
  /** All other members of the cluster that are known. */
  members(): Iterable<ReplicaId>;
  /** Milliseconds that certificates are in force on every node. */
  readonly certificateMs: number;
  /** Milliseconds after which those that rest are forgotten. */
  readonly restMs: number;
  /** Members that keep a resting certificate. */
  readonly holders: number;
}

export interface Retention {
  /** Resolves when no sweep is under way. */
  settled(): Promise<void>;
  /** Begins no further sweep; resolves when none is under way. */
  stop(): Promise<void>;
}

const maxSweepMs = 6 * 3_600_000;
const minSweepMs = 1000;

/**
 * Puts death certificates to rest when their time is over, all through the cluster at about the same time, and forgets
 * them where they need not be kept.
 */
export function startRetention(deps: RetentionDeps): Retention {
  const { store, timers, log } = deps;
  const sweepMs = Math.min(maxSweepMs, Math.max(minSweepMs, deps.certificateMs / 20));
  const erasure = openErasure(store, 'retention');
  let stopped = false;
  let sweeping: Promise<void> = Promise.resolve();
  let cancel = timers.set(sweepMs, sweep);

  function sweep(): void {
    sweeping = rest()
      .catch((error: unknown) =>
        log.debug({ err: error }, 'the store is gone; no certificate was put to rest'),
      )
      .then(() => {
        if (!stopped) cancel = timers.set(sweepMs, sweep);
      });
  }

  async function rest(): Promise<void> {
    if (store.status().state !== 'ready') return;
    const self = store.identity.replicaId;
    const members = [self, ...deps.members()];
    // No certificate is to be erased later than now: the moment does not matter.
    await erasure.after(1, async () => {
      const { rested, forgotten } = await store.restCertificates({
        isKeptHere: (key) => holdersOf(key, members, deps.holders).includes(self),
        forgetMs: deps.restMs,
      });
      if (rested + forgotten > 0)
        log.info({ rested, forgotten }, 'death certificates put to rest, and forgotten');
      return forgotten;
    });
  }

  return {
    settled: () => sweeping,
    async stop() {
      stopped = true;
      cancel();
      await sweeping;
    },
  };
}
