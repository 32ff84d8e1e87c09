import { expect, it } from 'vitest';
import { churn } from './churn.ts';
import { brokenOnScale } from './short.ts';

it('U20: of documents that were opened, written to and closed nothing is left', {
  timeout: 120_000,
}, async () => {
  expect(await brokenOnScale(churn, 0.005)).toEqual([]);
});
