import { expect, it } from 'vitest';
import { runSeeds, seedsOf } from './seeds.ts';

it('Y1: 75 seeds of part b keep every promise', { timeout: 900_000 }, async () => {
  const coverage = await runSeeds(seedsOf('b', 75));
  expect(coverage.entries().length).toBeGreaterThan(20);
});
