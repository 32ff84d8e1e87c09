import type { Clock, Timers } from '@hearsay/core';
import type { DocumentStore } from '@hearsay/storage';
import type { Log } from '../telemetry/log.ts';

/** How far the search for damage that nobody has read yet has come. */
export interface ScrubStatus {
  /** `waiting`: the store does not take writes, so nothing could be put right. */
  readonly state: 'off' | 'running' | 'resting' | 'waiting';
  /** Documents read in this round, and how many there are to read; the index follows. */
  readonly documents: number;
  readonly total: number;
  readonly rounds: number;
  /** ISO 8601; null before the first round has ended. */
  readonly lastRoundEndedAt: string | null;
  /** Since the start. */
  readonly damaged: number;
  /** Names, feed entries and index nodes put right, since the start. */
  readonly repaired: number;
}

export interface BackgroundScrub {
  status(): ScrubStatus;
  /** Begins no further step; resolves when none is under way. */
  stop(): Promise<void>;
}

export interface BackgroundScrubDeps {
  readonly store: Pick<DocumentStore, 'scrub' | 'status'>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /** Documents, or nodes of the index, looked at in a second; 0: never. */
  readonly perSecond: number;
}

/** Reads the whole store in the background, round after round, at a pace that nobody notices. */
export function startBackgroundScrub(deps: BackgroundScrubDeps): BackgroundScrub {
  const { store, clock, timers, log, perSecond } = deps;
  let state: ScrubStatus['state'] = perSecond === 0 ? 'off' : 'resting';
  let documents = 0;
  let rounds = 0;
  let lastRoundEndedAt: string | null = null;
  let damaged = 0;
  let repaired = 0;
  let stopped = perSecond === 0;
  let step: Promise<void> = Promise.resolve();
  let cancel = (): void => {};

  function schedule(delayMs: number): void {
    cancel = timers.set(delayMs, () => {
      step = run().catch((error: unknown) => {
        // The store is gone; its own failure says why.
        log.debug({ err: error }, 'the scrub ended with its store');
      });
    });
  }

  async function run(): Promise<void> {
    if (store.status().state !== 'ready') {
      state = 'waiting';
      schedule(scrubPace.stepMs);
      return;
    }
    if (state !== 'running') documents = 0;
    state = 'running';
    const began = clock.monotonic();
    const found = await store.scrub(perSecond);
    const tookMs = clock.monotonic() - began;
    documents += found.documents;
    damaged += found.damaged;
    repaired += found.repaired;
    if (found.repaired > 0)
      log.info({ repaired: found.repaired }, 'the scrub put right what follows from the documents');
    if (found.complete) {
      state = 'resting';
      rounds++;
      lastRoundEndedAt = new Date(clock.now()).toISOString();
    }
    if (stopped) return;
    schedule(found.complete ? scrubPace.restMs : Math.max(scrubPace.stepMs, tookMs * scrubPace.restPerWork));
  }

  if (!stopped) schedule(scrubPace.firstMs);
  return {
    status: () => {
      const total = store.status().documents;
      return { state, documents, total, rounds, lastRoundEndedAt, damaged, repaired };
    },
    stop: () => {
      stopped = true;
      cancel();
      return step;
    },
  };
}

/** Milliseconds, but for the ratio. */
export const scrubPace = {
  /** After the start, when clients and peers come back first. */
  firstMs: 5000,
  /** Between two steps. */
  stepMs: 1000,
  /** Rest for work: a step that takes long is followed by a longer rest, so that at most a twentieth of the time goes. */
  restPerWork: 19,
  /** Between two rounds: an idle small store is not read all day. */
  restMs: 600_000,
} as const;
