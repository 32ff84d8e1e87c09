import { expect, it } from 'vitest';
import { tombstones } from './large/documents.ts';
import { courseOf } from './large-document.ts';
import { isKept } from './trial.ts';

const { signal } = new AbortController();

it('U13: a document of many tombstones is joined, edited, compacted, copied, backed up, deleted and brought back whole', {
  timeout: 120_000,
}, async () => {
  const options = { scale: 0.01, seed: 'short', other: undefined, signal, say: () => {} };
  const measures = await courseOf(tombstones(20_000), options);
  // What took how long is told by the trial, on a machine that does nothing else.
  expect(measures.filter((measure) => measure.unit !== 'ms' && !isKept(measure))).toEqual([]);
});
