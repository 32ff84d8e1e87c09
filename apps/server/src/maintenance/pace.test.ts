import { describe, expect, test } from 'vitest';
import { Time } from '../testing/time.ts';
import { Pace, pace } from './pace.ts';

/** Lets promises come to their end. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

describe('pace', () => {
  test('A201: work rests as long as it worked, and is done in smaller waves where it has to wait', async () => {
    const time = new Time();
    const paced = new Pace(time);
    /** Milliseconds of rest after a wave that took so long. */
    const restAfter = async (tookMs: number): Promise<number> => {
      let isOver = false;
      void paced
        .wave(async () => time.pass(tookMs))
        .then(() => {
          isOver = true;
        });
      await settle();
      for (let rested = 0; ; rested++) {
        if (isOver) return rested;
        time.pass(1);
        await settle();
      }
    };
    expect(paced.size).toBe(pace.leastDocuments);
    expect(await restAfter(0)).toBe(pace.leastRestMs);
    expect(await restAfter(10)).toBe(10);
    expect(paced.size).toBe(pace.leastDocuments + 2);
    for (let wave = 0; wave < 40; wave++) await restAfter(1);
    expect(paced.size).toBe(pace.mostDocuments);
    expect(await restAfter(200)).toBe(200);
    expect(paced.size).toBe(pace.mostDocuments / 2);
    for (let wave = 0; wave < 8; wave++) await restAfter(pace.waveMs + 1);
    expect(paced.size).toBe(pace.leastDocuments);
    expect(await restAfter(5000)).toBe(pace.mostRestMs);
  });

  test('A201: of several who work one has a wave at a time, also when one fails', async () => {
    const time = new Time();
    const paced = new Pace(time);
    const begun: number[] = [];
    const failing = paced.wave(async () => {
      begun.push(1);
      throw new Error('failed');
    });
    const next = paced.wave(async () => begun.push(2));
    const last = paced.wave(async () => begun.push(3));
    await expect(failing).rejects.toThrow('failed');
    await settle();
    expect(begun).toEqual([1, 2]);
    time.pass(pace.leastRestMs);
    await next;
    await settle();
    expect(begun).toEqual([1, 2, 3]);
    time.pass(pace.leastRestMs);
    await last;
  });
});
