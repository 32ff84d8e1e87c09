import { createRandom } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import { Sample, studentQuantile } from './estimate.ts';

describe('estimates', () => {
  it('E8: quantiles of Student’s t as tabulated, to one per cent', () => {
    for (const [freedom, tabulated] of [
      [1, 12.706],
      [2, 4.303],
      [3, 3.182],
      [5, 2.571],
      [10, 2.228],
      [30, 2.042],
      [1000, 1.962],
    ] as const) {
      expect(Math.abs(studentQuantile(freedom) / tabulated - 1), `${freedom}`).toBeLessThan(0.01);
    }
  });

  it('E8: 95 % of the intervals hold the true mean', () => {
    const random = createRandom('coverage');
    const trials = 4000;
    let held = 0;
    for (let trial = 0; trial < trials; trial++) {
      const sample = new Sample();
      for (let i = 0; i < 8; i++) sample.add(random.next() + random.next() + random.next() + random.next());
      const { mean, halfWidth } = sample.estimate();
      if (Math.abs(mean - 2) <= halfWidth) held++;
    }
    expect(Math.abs(held / trials - 0.95)).toBeLessThan(4 * Math.sqrt((0.95 * 0.05) / trials));
  });

  it('E8: one run says nothing of its error', () => {
    const sample = new Sample();
    sample.add(3);
    expect(sample.estimate()).toEqual({ mean: 3, halfWidth: Number.POSITIVE_INFINITY, runs: 1 });
  });
});
