import { expect, it } from 'vitest';
import { deletions } from './deletions.ts';
import { brokenOnScale } from './short.ts';

it('U30: many documents are deleted and brought back while clients write', { timeout: 240_000 }, async () => {
  expect(await brokenOnScale(deletions, 0.003)).toEqual([]);
});
