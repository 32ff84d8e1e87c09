import { describe, expect, it } from 'vitest';
import { type Progress, resultOf } from '../experiment.ts';
import { lastUnit, standardErrorsOff } from './expect-estimate.ts';
import type { Figure, TableNumber } from './table-rows.ts';
import { type EpidemicTable, type TableOptions, type TableRow, tableExperiment } from './tables.ts';

const seed = 'tables';

function runTable(
  table: TableNumber,
  options: TableOptions,
  onProgress?: (progress: Progress) => void,
): EpidemicTable {
  return resultOf(tableExperiment(table, options), onProgress);
}

function mean(row: TableRow | undefined, figure: Figure): number {
  return row?.measured[figure]?.mean ?? Number.NaN;
}

/** Figures that lie more than four standard errors off, as text. */
function misses(
  table: EpidemicTable,
  against: 'published' | 'standIn',
  figures: readonly Figure[],
  unit: (printed: number) => number,
): string[] {
  return table.rows.flatMap((row) =>
    figures.flatMap((figure) => {
      const expected = row[against][figure];
      const measured = row.measured[figure];
      if (expected === undefined || measured === undefined) return [];
      const off = standardErrorsOff(measured, expected, unit(expected));
      return off <= 4
        ? []
        : [`${row.label} ${figure}: ${measured.mean} not ${expected} (${off} standard errors)`];
    }),
  );
}

const twoDigits = (printed: number): number => lastUnit(printed, 2);
const twoDecimals = (): number => 0.01;

describe('tables of the paper', () => {
  it('E1: Table 1 has the published residue, traffic and t_last', () => {
    const table = runTable(1, { runs: 60, seed });
    expect(table.rows).toHaveLength(5);
    expect(misses(table, 'published', ['residue', 'traffic', 'tLast'], twoDigits)).toEqual([]);
  });

  it('E2: in Table 2 every site reached sends k messages on average', () => {
    const table = runTable(2, { runs: 60, seed });
    for (const [index, row] of table.rows.entries()) {
      const expected = (index + 1) * (1 - mean(row, 'residue'));
      const { halfWidth = 0 } = row.measured.traffic ?? {};
      expect(Math.abs(mean(row, 'traffic') - expected), row.label).toBeLessThan(2 * halfWidth);
    }
  });

  it('E2: in Table 3 pull leaves far less than a push of the same traffic, and less with every k', () => {
    const table = runTable(3, { runs: 60, seed });
    const residues = table.rows.map((row) => mean(row, 'residue'));
    for (const [index, row] of table.rows.entries()) {
      expect(residues[index], row.label).toBeLessThan(Math.exp(-mean(row, 'traffic')) * 0.6);
    }
    expect(residues[1]).toBeLessThan((residues[0] ?? 0) / 20);
    expect(residues[2]).toBeLessThan((residues[1] ?? 0) / 5);
  });

  it('E6: Table 4 on the stand-in network has the reference values', () => {
    const table = runTable(4, { runs: 40, seed });
    expect(misses(table, 'standIn', table.figures, twoDecimals)).toEqual([]);
  });

  it('E6: Table 5 on the stand-in network has the reference values', () => {
    const table = runTable(5, { runs: 40, seed });
    expect(misses(table, 'standIn', table.figures, twoDecimals)).toEqual([]);
  });

  it('E7: the same seed gives the same table, another seed another', () => {
    const once = (name: string): string =>
      JSON.stringify(runTable(1, { runs: 2, seed: name, sites: 100 }).rows);
    expect(once('a')).toBe(once('a'));
    expect(once('a')).not.toBe(once('b'));
  });

  it('E7: progress is told after every run, and what is there can be had at any of them', () => {
    const experiment = tableExperiment(3, { runs: 2, seed, sites: 20 });
    const seen: Progress[] = [];
    for (const progress of experiment.run()) {
      seen.push(progress);
      expect(experiment.result().rows.reduce((sum, { runs }) => sum + runs, 0)).toBe(seen.length);
    }
    expect(seen.map(({ at }) => at)).toEqual([
      'k = 1, run 1/2',
      'k = 1, run 2/2',
      'k = 2, run 1/2',
      'k = 2, run 2/2',
      'k = 3, run 1/2',
      'k = 3, run 2/2',
    ]);
    expect(seen.at(-1)?.share).toBe(1);
  });
});
