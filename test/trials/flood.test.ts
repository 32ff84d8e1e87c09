import { expect, it } from 'vitest';
import { flood } from './flood.ts';
import { isKept } from './trial.ts';

const { signal } = new AbortController();

it('U31: whoever floods a node, its clients are served and stay', { timeout: 240_000 }, async () => {
  const measures = await flood.run({ scale: 0.03, seed: 'short', other: undefined, signal, say: () => {} });
  // How long it takes is for the trial, on a machine that does nothing else.
  const isTime = ({ unit }: { readonly unit: string }): boolean => /^m?s$/.test(unit);
  expect(measures.filter((measure) => !isKept(measure) && !isTime(measure))).toEqual([]);
});
