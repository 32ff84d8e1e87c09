import type { EpidemicTable, Figure } from '@hearsay/simulator';
import { aligned, csv, digits, estimateText } from './text-table.ts';

/** A column as people read it. */
export interface FigureText {
  readonly name: string;
  readonly unit: string;
}

/** Names and units of every figure, in one place for the table, the files and the plots. */
export const figureTexts: Readonly<Record<Figure, FigureText>> = {
  residue: { name: 'residue s', unit: 'share of sites never reached' },
  traffic: { name: 'traffic m', unit: 'updates sent a site' },
  tAverage: { name: 't_ave', unit: 'cycles to arrive, on average' },
  tLast: { name: 't_last', unit: 'cycles to the last arrival' },
  compareAverage: { name: 'compare/link', unit: 'exchanges a cycle, average link' },
  compareJoint: { name: 'compare/joint', unit: 'exchanges a cycle, joint' },
  updateAverage: { name: 'update/link', unit: 'useful exchanges a run, average link' },
  updateJoint: { name: 'update/joint', unit: 'useful exchanges a run, joint' },
};

/** The table as text: measured with its 95 % confidence interval, and beneath it what there is to compare with. */
export function tableText(table: EpidemicTable): string {
  const header = ['', ...table.figures.map((figure) => figureTexts[figure].name)];
  const lines = table.rows.flatMap((row) => {
    const measured = table.figures.map((figure) => estimateText(row.measured[figure]));
    const compared = (label: string, values: typeof row.published): string[][] =>
      Object.keys(values).length === 0
        ? []
        : [[label, ...table.figures.map((figure) => digits(values[figure] ?? Number.NaN))]];
    return [
      [row.label, ...measured],
      ...compared('  paper', row.published),
      ...compared('  stand-in reference', row.standIn),
    ];
  });
  const body = aligned([header, ...lines]);
  const runs = `${table.sites} sites, ${table.runs} runs a row, seed ${table.seed}; ± is the 95 % confidence interval`;
  const units = table.figures
    .map((figure) => `${figureTexts[figure].name}: ${figureTexts[figure].unit}`)
    .join('; ');
  const notes = table.rows.flatMap(({ label, runs: made }) =>
    made < table.runs ? [`${label}: ${made} of ${table.runs} runs were made`] : [],
  );
  return [`Table ${table.table}: ${table.title}`, runs, '', ...body, '', units, ...notes, ''].join('\n');
}

/** One line a row and figure. */
export function tableCsv(table: EpidemicTable): string {
  const lines = table.rows.flatMap((row) =>
    table.figures.map((figure) => {
      const { mean, halfWidth } = row.measured[figure] ?? {};
      return [table.table, row.label, figure, mean, halfWidth, row.published[figure], row.standIn[figure]];
    }),
  );
  return csv([['table', 'row', 'figure', 'mean', 'half_width_95', 'paper', 'stand_in_reference'], ...lines]);
}
