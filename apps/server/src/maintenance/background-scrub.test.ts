import { Writable } from 'node:stream';
import type { Timers } from '@hearsay/core';
import type { ScrubReport, StoreState, StoreStatus } from '@hearsay/storage';
import { describe, expect, test } from 'vitest';
import { createLog } from '../telemetry/log.ts';
import { type BackgroundScrub, scrubPace, startBackgroundScrub } from './background-scrub.ts';

interface Setting {
  readonly scrub: BackgroundScrub;
  /** How long the next step is to wait; undefined: there is none. */
  delay(): number | undefined;
  step(): Promise<void>;
}

/** A store of 10 documents; `reports` are what its steps find, each of which takes `tookMs`. */
function setting(
  reports: readonly Partial<ScrubReport>[],
  { perSecond = 4, tookMs = 0, state = (): StoreState => 'ready' } = {},
): Setting {
  const waiting: { delayMs: number; fire: () => void }[] = [];
  const timers: Timers = {
    set(delayMs, fire) {
      const entry = { delayMs, fire };
      waiting.push(entry);
      return () => void waiting.splice(waiting.indexOf(entry), 1);
    },
  };
  const queue = [...reports];
  let nowMs = 0;
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const scrub = startBackgroundScrub({
    store: {
      status: () => ({ state: state(), documents: 10 }) as StoreStatus,
      scrub: async (documents) => {
        nowMs += tookMs;
        return { documents, damaged: 0, repaired: 0, complete: false, ...queue.shift() };
      },
    },
    clock: { now: () => Date.UTC(2030, 0, 1), monotonic: () => nowMs },
    timers,
    log: createLog({ level: 'silent', format: 'json', output }),
    perSecond,
  });
  return {
    scrub,
    delay: () => waiting[0]?.delayMs,
    step: async () => {
      waiting.shift()?.fire();
      while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('background scrub', () => {
  test('A64: reads the store in steps, rests after a round, and says how far it has come', async () => {
    const { scrub, delay, step } = setting([
      {},
      { damaged: 1, repaired: 2 },
      { documents: 2, complete: true },
    ]);
    expect([delay(), scrub.status().state]).toEqual([scrubPace.firstMs, 'resting']);
    await step();
    expect(scrub.status()).toMatchObject({ state: 'running', documents: 4, total: 10, rounds: 0 });
    expect(delay()).toBe(scrubPace.stepMs);
    await step();
    await step();
    expect(scrub.status()).toEqual({
      state: 'resting',
      documents: 10,
      total: 10,
      rounds: 1,
      lastRoundEndedAt: '2030-01-01T00:00:00.000Z',
      damaged: 1,
      repaired: 2,
    });
    expect(delay()).toBe(scrubPace.restMs);
    await step();
    expect(scrub.status()).toMatchObject({ state: 'running', documents: 4, rounds: 1 });
  });

  test('A64: takes at most a twentieth of the time, however slow the disk', async () => {
    const { delay, step } = setting([{}], { tookMs: 500 });
    await step();
    expect(delay()).toBe(500 * 19);
  });

  test('A64: waits while the store takes no writes', async () => {
    let state: StoreState = 'read-only';
    const { scrub, step } = setting([{}], { state: () => state });
    await step();
    expect(scrub.status()).toMatchObject({ state: 'waiting', documents: 0 });
    state = 'ready';
    await step();
    expect(scrub.status()).toMatchObject({ state: 'running', documents: 4 });
  });

  test('A64: can be switched off, and stops', async () => {
    const off = setting([], { perSecond: 0 });
    expect([off.delay(), off.scrub.status().state]).toEqual([undefined, 'off']);
    const on = setting([{}]);
    await on.step();
    await on.scrub.stop();
    expect(on.delay()).toBe(undefined);
  });
});
