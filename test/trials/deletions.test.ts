import { expect, it } from 'vitest';
import { deletions } from './deletions.ts';
import { isKept } from './trial.ts';

const { signal } = new AbortController();

it('U30: many documents are deleted and brought back while clients write', { timeout: 240_000 }, async () => {
  const measures = await deletions.run({
    scale: 0.003,
    seed: 'short',
    other: undefined,
    signal,
    say: () => {},
  });
  // How long it takes is for the trial, on a machine that does nothing else.
  const isTime = ({ unit }: { readonly unit: string }): boolean => /^m?s$/.test(unit);
  expect(measures.filter((measure) => !isKept(measure) && !isTime(measure))).toEqual([]);
});
