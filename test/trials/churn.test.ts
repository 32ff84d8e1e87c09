import { expect, it } from 'vitest';
import { churn } from './churn.ts';
import { isKept } from './trial.ts';

const { signal } = new AbortController();

it('U20: of documents that were opened, written to and closed nothing is left', {
  timeout: 120_000,
}, async () => {
  const measures = await churn.run({
    scale: 0.005,
    seed: 'short',
    other: undefined,
    signal,
    say: () => {},
  });
  // How long it takes is for the trial, on a machine that does nothing else.
  const isTime = ({ unit }: { readonly unit: string }): boolean => /^m?s$/.test(unit);
  expect(measures.filter((measure) => !isKept(measure) && !isTime(measure))).toEqual([]);
});
