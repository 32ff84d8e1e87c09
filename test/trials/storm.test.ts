import { expect, it } from 'vitest';
import { storm } from './storm.ts';
import { isKept } from './trial.ts';

const { signal } = new AbortController();

it('U12: clients that all come back at once, or that never cease to try, are all served again', {
  timeout: 240_000,
}, async () => {
  const measures = await storm.run({
    scale: 0.01,
    seed: 'short',
    other: undefined,
    signal,
    say: () => {},
  });
  // How long it takes is for the trial, on a machine that does nothing else.
  const isTime = ({ unit }: { readonly unit: string }): boolean => /^m?s$/.test(unit);
  expect(measures.filter((measure) => !isKept(measure) && !isTime(measure))).toEqual([]);
});
