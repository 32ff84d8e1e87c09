import { drawPlan, runPlan, shrinkPlan } from '@hearsay/simulator';
import { describe, expect, it } from 'vitest';
import { failureText, isBad, seedsOf } from './seeds.ts';

describe('the simulator itself', () => {
  it.each(seedsOf('same', 4))(
    'Y3: gives the same trace for the same seed, byte for byte: %s',
    async (seed) => {
      const [first, second] = [await runPlan(drawPlan(seed)), await runPlan(drawPlan(seed))];
      expect(first.traceLines).toBeGreaterThan(100);
      expect([second.traceLines, second.traceDigest]).toEqual([first.traceLines, first.traceDigest]);
    },
  );

  it('Y3: gives another trace for another seed', async () => {
    const digests = await Promise.all(
      seedsOf('other', 2).map(async (seed) => (await runPlan(drawPlan(seed))).traceDigest),
    );
    expect(new Set(digests).size).toBe(2);
  });

  it('Y4: catches a store that acknowledges before it has synced, and shrinks the run that shows it', async () => {
    const careless = { durability: 'buffered' } as const;
    for (const seed of seedsOf('careless', 40)) {
      const result = await runPlan(drawPlan(seed), careless);
      if (!isBad(result)) continue;
      expect(failureText(result)).toContain(`simulate-seed ${seed}`);
      const fails = async (plan: typeof result.plan): Promise<boolean> =>
        isBad(await runPlan(plan, careless));
      const small = await shrinkPlan(result.plan, fails, 25);
      expect(small.events.length).toBeLessThan(result.plan.events.length);
      expect(await fails(small)).toBe(true);
      expect(isBad(await runPlan(result.plan))).toBe(false);
      return;
    }
    expect.unreachable('no seed showed that acknowledged edits were lost');
  });
});
