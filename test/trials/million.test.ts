import { expect, it } from 'vitest';
import { million } from './million.ts';
import { isKept } from './trial.ts';

const { signal } = new AbortController();

it('U21: a node of many documents starts at once, and keeps those in memory that are used', {
  timeout: 120_000,
}, async () => {
  const measures = await million.run({
    scale: 0.002,
    seed: 'short',
    other: undefined,
    signal,
    say: () => {},
  });
  // How long it takes is for the trial, on a machine that does nothing else.
  const isTime = ({ unit }: { readonly unit: string }): boolean => /^m?s$/.test(unit);
  expect(measures.filter((measure) => !isKept(measure) && !isTime(measure))).toEqual([]);
});
