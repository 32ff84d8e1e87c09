import { expect, it } from 'vitest';
import { million } from './million.ts';
import { brokenOnScale } from './short.ts';

it('U21: a node of many documents starts at once, and keeps those in memory that are used', {
  timeout: 120_000,
}, async () => {
  expect(await brokenOnScale(million, 0.002)).toEqual([]);
});
