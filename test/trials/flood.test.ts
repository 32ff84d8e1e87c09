import { expect, it } from 'vitest';
import { flood } from './flood.ts';
import { brokenOnScale } from './short.ts';

it('U31: whoever floods a node, its clients are served and stay', { timeout: 240_000 }, async () => {
  expect(await brokenOnScale(flood, 0.03)).toEqual([]);
});
