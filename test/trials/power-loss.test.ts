import { expect, it } from 'vitest';
import { canHarmDisk } from '../support/power-disk.ts';
import { powerLoss } from './power-loss.ts';
import { isKept } from './trial.ts';

const { signal } = new AbortController();

it.skipIf(!(await canHarmDisk('cut')))(
  'U10: what was acknowledged is there after the power was cut under writes, tables, recoveries and first starts',
  { timeout: 120_000 },
  async () => {
    const options = { scale: 0.01, seed: 'short', other: undefined, signal, say: () => {} };
    const measures = await powerLoss.run(options);
    expect(measures.filter((measure) => !isKept(measure))).toEqual([]);
  },
);
