import { expect, it } from 'vitest';
import { hour } from './hour.ts';
import { isKept } from './trial.ts';

const { signal } = new AbortController();

it('U22: a document that many read while it changes all the time loses nobody, and its node holds no more than before', {
  timeout: 120_000,
}, async () => {
  const measures = await hour.run({
    scale: 0.001,
    seed: 'short',
    other: undefined,
    signal,
    say: () => {},
  });
  // How long it takes is for the trial, on a machine that does nothing else.
  const isTime = ({ unit }: { readonly unit: string }): boolean => /^m?s$/.test(unit);
  expect(measures.filter((measure) => !isKept(measure) && !isTime(measure))).toEqual([]);
});
