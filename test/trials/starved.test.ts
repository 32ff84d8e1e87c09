import { expect, it } from 'vitest';
import { canLimitCpu } from '../support/cpu-quota.ts';
import { starved } from './starved.ts';
import { isKept } from './trial.ts';

const { signal } = new AbortController();

it.skipIf(!(await canLimitCpu()))(
  'U11: a node with little of a core is not taken for dead, and loses nothing',
  { timeout: 120_000 },
  async () => {
    const measures = await starved.run({
      scale: 0.05,
      seed: 'short',
      other: undefined,
      signal,
      say: () => {},
    });
    expect(measures.filter((measure) => !isKept(measure))).toEqual([]);
  },
);
