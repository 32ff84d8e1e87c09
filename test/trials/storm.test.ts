import { expect, it } from 'vitest';
import { brokenOnScale } from './short.ts';
import { storm } from './storm.ts';

it('U12: clients that all come back at once, or that never cease to try, are all served again', {
  timeout: 240_000,
}, async () => {
  expect(await brokenOnScale(storm, 0.01)).toEqual([]);
});
