import { expect, it } from 'vitest';
import { hour } from './hour.ts';
import { brokenOnScale } from './short.ts';

it('U22: a document that many read while it changes all the time loses nobody, and its node holds no more than before', {
  timeout: 120_000,
}, async () => {
  expect(await brokenOnScale(hour, 0.001)).toEqual([]);
});
