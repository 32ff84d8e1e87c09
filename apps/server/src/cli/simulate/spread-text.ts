import type { SpreadFigure, SpreadReport, SpreadRow } from '@hearsay/simulator';
import { aligned, csv, estimateText } from './text-table.ts';

interface FigureText {
  readonly name: string;
  /** Unit and meaning. */
  readonly unit: (report: SpreadReport) => string;
  /** Whole nodes only. */
  readonly isOfNodes?: true;
}

/** Names and units of every figure, in the order in which they are told. */
const figureTexts: Readonly<Record<SpreadFigure, FigureText>> = {
  residue: {
    name: 'residue s',
    unit: ({ kind }) =>
      kind === 'nodes'
        ? 'share of nodes and updates that mail and rumours did not bring together'
        : 'share of nodes never reached',
  },
  residueAtEnd: {
    name: 'at the end',
    unit: () => 'the same when the run was over, after repair',
    isOfNodes: true,
  },
  traffic: { name: 'traffic m', unit: () => 'payloads sent, a node and update' },
  redundancy: {
    name: 'redundancy',
    unit: () => 'payloads received, a node (but the origin) and update; 1 is the limit',
  },
  tAverage: { name: 't_ave', unit: ({ timeUnit }) => `${timeUnit} until an update arrives, on average` },
  tLast: { name: 't_last', unit: ({ timeUnit }) => `${timeUnit} until an update's last arrival` },
  linkMean: { name: 'link mean', unit: ({ loadUnit }) => `${loadUnit} over a link that is used, on average` },
  linkLargest: {
    name: 'link largest',
    unit: ({ loadUnit }) => `${loadUnit} over the link with most of them`,
  },
  equal: {
    name: 'equal',
    unit: () => 'share of runs that ended with equal stores on all running nodes',
    isOfNodes: true,
  },
  observed: {
    name: 'observed',
    unit: ({ timeUnit }) => `${timeUnit} from the first update to the end of a run`,
  },
};

/** Figures and their meaning: one under the other for one row, else a table. */
export function spreadText(report: SpreadReport, title: string): string {
  const figures = shownFigures(report);
  const { nodes, runs, seed, rows } = report;
  const head = [
    title,
    `${nodes} nodes, ${runs} ${runs === 1 ? 'run' : 'runs'} a row, seed ${seed}; ± is the 95 % confidence interval over runs`,
    '',
  ];
  const [only] = rows;
  const body =
    rows.length === 1 && only !== undefined ? single(report, only, figures) : table(report, figures);
  const notes = rows.flatMap((row) => noteOf(row, runs));
  return [...head, ...body, ...notes, ''].join('\n');
}

/** One line a row and figure, the worst link last. */
export function spreadCsv(report: SpreadReport): string {
  const lines = report.rows.flatMap((row) =>
    shownFigures(report).map((figure) => {
      const { mean, halfWidth } = row.figures[figure] ?? {};
      return [row.label, row.runs, figure, mean, halfWidth, figure === 'linkLargest' ? row.worstLink : ''];
    }),
  );
  return csv([['row', 'runs', 'figure', 'mean', 'half_width_95', 'link'], ...lines]);
}

/** One line a row and link. */
export function linksCsv({ rows, loadUnit }: SpreadReport): string {
  const lines = rows.flatMap((row) => row.links.map(({ link, load }) => [row.label, link, load]));
  return csv([['row', 'link', loadUnit], ...lines]);
}

function shownFigures(report: SpreadReport): SpreadFigure[] {
  const known: SpreadFigure[] = [];
  for (const figure of Object.keys(figureTexts) as SpreadFigure[]) {
    if (report.rows.some((row) => row.figures[figure] !== undefined)) known.push(figure);
  }
  return known;
}

function single(report: SpreadReport, row: SpreadRow, figures: readonly SpreadFigure[]): string[] {
  return aligned3([
    [`${row.label}`, '', ''],
    ...figures.map((figure) => {
      const { name, unit } = figureTexts[figure];
      const link = figure === 'linkLargest' ? `: ${row.worstLink}` : '';
      return [`  ${name}`, estimateText(row.figures[figure]), `${unit(report)}${link}`];
    }),
  ]);
}

function table(report: SpreadReport, figures: readonly SpreadFigure[]): string[] {
  const hasLinks = report.rows.some(({ worstLink }) => worstLink !== '');
  const header = [
    '',
    ...figures.map((figure) => figureTexts[figure].name),
    ...(hasLinks ? ['worst link'] : []),
  ];
  const lines = report.rows.map((row) => [
    row.label,
    ...figures.map((figure) => estimateText(row.figures[figure])),
    ...(hasLinks ? [row.worstLink] : []),
  ]);
  const legend = figures.map((figure) => [figureTexts[figure].name, figureTexts[figure].unit(report)]);
  return [
    ...aligned([header, ...lines]),
    '',
    ...aligned3(legend.map(([name = '', unit = '']) => [name, '', unit])),
  ];
}

/** Name, number to the right, meaning to the left. */
function aligned3(rows: readonly (readonly string[])[]): string[] {
  const texts = aligned(rows.map(([name = '', number = '']) => [name, number]));
  const width = Math.max(...texts.map(({ length }) => length));
  return rows.map(([, , meaning = ''], index) =>
    `${(texts[index] ?? '').padEnd(width)}  ${meaning}`.trimEnd(),
  );
}

function noteOf({ label, runs, isCutShort }: SpreadRow, wanted: number): string[] {
  if (isCutShort)
    return [`${label}: the first run was cut short; its figures are of what had happened until then`];
  return runs < wanted ? [`${label}: ${runs} of ${wanted} runs were made`] : [];
}
