import { HearsayError } from '../../failures.ts';
import type { Given, Picked, SweepName } from './settings.ts';

/** One row of a report before it is run. */
export interface Row {
  /** What varies from row to row; the strategy when nothing does. */
  readonly label: string;
  readonly picked: Picked;
}

/** More would be nobody's intention. */
const maxRows = 60;

/** One row for every combination of the values given. */
export function rowsOf(given: Given, strategy: string): readonly Row[] {
  let rows: Row[] = [{ label: '', picked: {} }];
  for (const [name, prefix] of sweeps) {
    const values = given[name];
    if (values === undefined) continue;
    const isVaried = values.length > 1;
    rows = rows.flatMap(({ label, picked }) =>
      values.map((value) => ({
        label: isVaried ? [label, prefix + textOf(value)].filter((part) => part !== '').join(', ') : label,
        picked: { ...picked, [name]: value },
      })),
    );
    if (rows.length > maxRows) {
      throw new HearsayError('USAGE', `these values make ${rows.length} rows; at most ${maxRows} are run`);
    }
  }
  return rows.map(({ label, picked }) => ({ label: label || (picked.strategy ?? strategy), picked }));
}

/** Every setting that may vary, and how a label says which value it has. */
const sweeps: readonly (readonly [SweepName, string])[] = [
  ['nodes', 'n = '],
  ['strategy', ''],
  ['direction', ''],
  ['stopRule', ''],
  ['stopMethod', ''],
  ['k', 'k = '],
  ['fanOut', 'fan-out '],
  ['connectionLimit', 'connection limit '],
  ['huntLimit', 'hunt limit '],
  ['minimisation', 'minimisation '],
  ['cycle', 'cycle ms = '],
  ['announceAbove', 'announce above '],
  ['view', 'view '],
  ['repairMode', 'repair '],
  ['repairInterval', 'repair s = '],
  ['exponent', 'a = '],
  ['loss', 'loss '],
];

function textOf(value: string | number | boolean | null): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return String(value ?? 'none');
}
