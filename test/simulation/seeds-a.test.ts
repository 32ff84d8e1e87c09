import { expect, it } from 'vitest';
import { kindsThatNeverFire, runSeeds, seedsOf } from './seeds.ts';

it('Y1, Y2: 75 seeds of part a keep every promise, and every kind of fault fires', {
  timeout: 900_000,
}, async () => {
  expect(await kindsThatNeverFire(await runSeeds(seedsOf('a', 75)))).toEqual([]);
});
