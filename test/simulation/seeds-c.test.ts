import { faultKinds } from '@hearsay/simulator';
import { expect, it } from 'vitest';
import { runSeeds, seedsOf } from './seeds.ts';

it('75 seeds of part c keep every promise, and every kind of fault has fired', {
  timeout: 900_000,
}, async () => {
  const coverage = await runSeeds(seedsOf('c', 75));
  expect(faultKinds.filter((kind) => coverage.of(kind) === 0)).toEqual([]);
});
