import type { EpidemicTable, Figure } from '@hearsay/simulator/epidemic';

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

/** Four significant digits: as many as the confidence intervals of a thousand runs leave any meaning to. */
export function digits(value: number): string {
  return Number.isFinite(value) ? Number(value.toPrecision(4)).toString() : '-';
}

/** The table as text: measured with its 95 % confidence interval, and beneath it what there is to compare with. */
export function tableText(table: EpidemicTable): string {
  const header = ['', ...table.figures.map((figure) => figureTexts[figure].name)];
  const lines = table.rows.flatMap((row) => {
    const measured = table.figures.map((figure) => {
      const estimate = row.measured[figure];
      return estimate === undefined ? '-' : `${digits(estimate.mean)} ±${digits(estimate.halfWidth)}`;
    });
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
  const rows = [header, ...lines];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const body = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  const runs = `${table.sites} sites, ${table.runs} runs a row, seed ${table.seed}; ± is the 95 % confidence interval`;
  const units = table.figures
    .map((figure) => `${figureTexts[figure].name}: ${figureTexts[figure].unit}`)
    .join('; ');
  return [`Table ${table.table}: ${table.title}`, runs, '', ...body, '', units, ''].join('\n');
}

/** One line a row and figure. */
export function tableCsv(table: EpidemicTable): string {
  const lines = table.rows.flatMap((row) =>
    table.figures.map((figure) => {
      const estimate = row.measured[figure];
      const cells = [
        table.table,
        row.label,
        figure,
        estimate?.mean,
        estimate?.halfWidth,
        row.published[figure],
        row.standIn[figure],
      ];
      return cells.map((cell) => csvCell(cell ?? '')).join(',');
    }),
  );
  return ['table,row,figure,mean,half_width_95,paper,stand_in_reference', ...lines, ''].join('\n');
}

function csvCell(value: string | number): string {
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
