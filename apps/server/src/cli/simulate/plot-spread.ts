import type { SpreadReport } from '@hearsay/simulator';
import { frame, svg } from './plot.ts';

const states = ['susceptible', 'infective', 'removed'];
/** More links than this are not told apart: their loads are shown by rank. */
const namedLinks = 24;

/** Susceptible, infective and removed nodes over time, in the first run of each row. */
export function spreadPlot(report: SpreadReport): Promise<string> {
  const isNodes = report.kind === 'nodes';
  const values = report.rows.flatMap(({ label, spread }) =>
    spread.flatMap(({ at, susceptible, infective, removed }) => {
      const all = Math.max(1, susceptible + infective + removed);
      const x = isNodes ? at / 1000 : at;
      return [susceptible, infective, removed].map((nodes, state) => ({
        row: label,
        at: x,
        state: states[state],
        share: nodes / all,
      }));
    }),
  );
  const labels = report.rows.map(({ label }) => label);
  const many = labels.length > 1;
  return svg({
    ...frame,
    ...(many ? { width: 260, height: 160 } : {}),
    title: report.updates === 1 ? 'One update' : 'Updates made so far: who lacks, spreads, has them',
    data: { values },
    mark: { type: 'line', strokeWidth: 2, clip: true },
    encoding: {
      ...(many && { facet: { field: 'row', type: 'nominal', columns: 3, sort: labels, title: null } }),
      x: { field: 'at', type: 'quantitative', title: isNodes ? 'seconds' : 'cycle', scale: { nice: false } },
      y: {
        field: 'share',
        type: 'quantitative',
        title: 'share of nodes',
        scale: { domain: [0, 1] },
        axis: { format: '%' },
      },
      color: {
        field: 'state',
        type: 'nominal',
        title: null,
        sort: states,
        scale: { domain: states, range: ['#4c78a8', '#e45756', '#54a24b'] },
      },
    },
  });
}

/** Residue against traffic, one point a row, with the law of push beside it. */
export function spreadResiduePlot(report: SpreadReport): Promise<string> {
  // Where nothing was missed, less than one node in all runs would have been.
  const floor = 1 / (report.nodes * report.updates * report.runs);
  const points = report.rows.flatMap(({ label, figures: { residue, traffic } }) => {
    if (residue === undefined || traffic === undefined) return [];
    const isNone = residue.mean < floor;
    return [
      {
        label: isNone ? `${label} (none missed)` : label,
        residue: Math.max(residue.mean, floor),
        traffic: traffic.mean,
        shape: isNone ? 'triangle-down' : 'circle',
      },
    ];
  });
  const most = Math.max(1, ...points.map(({ traffic }) => traffic)) * 1.1;
  const least = Math.min(0.1, ...points.map(({ residue }) => residue));
  const law = Array.from({ length: 61 }, (_, i) => ({
    traffic: (most * i) / 60,
    residue: Math.exp((-most * i) / 60),
  })).filter(({ residue }) => residue >= least / 2);
  const x = {
    field: 'traffic',
    type: 'quantitative',
    title: 'traffic m (payloads sent, a node and update)',
  } as const;
  const y = {
    field: 'residue',
    type: 'quantitative',
    scale: { type: 'log' },
    title: 'residue s (share missed by the news)',
    axis: { format: '~g' },
  } as const;
  const color = { field: 'label', type: 'nominal', sort: null, title: null } as const;
  return svg({
    ...frame,
    title: 'Residue against traffic; dashed: s = e^-m',
    layer: [
      {
        data: { values: law },
        mark: { type: 'line', strokeDash: [4, 4], color: '#888' },
        encoding: { x, y },
      },
      {
        data: { values: points },
        mark: { type: 'point', filled: true, size: 90, opacity: 1 },
        encoding: { x, y, color, shape: { field: 'shape', type: 'nominal', scale: null, legend: null } },
      },
    ],
  });
}

/** Load of every link: by name where there are few, by rank where there are many. */
export function linksPlot(report: SpreadReport): Promise<string> {
  const load = `${report.loadUnit} a run`;
  const names = new Set(report.rows.flatMap(({ links }) => links.map(({ link }) => link)));
  const many = report.rows.length > 1;
  const color = many ? { color: { field: 'row', type: 'nominal', sort: null, title: null } as const } : {};
  const values = report.rows.flatMap(({ label, links }) =>
    links.map(({ link, load: over }, index) => ({ row: label, link, load: over, rank: index + 1 })),
  );
  if (names.size <= namedLinks) {
    return svg({
      ...frame,
      height: { step: many ? 9 : 20 },
      title: 'Load of the links',
      data: { values },
      mark: 'bar',
      encoding: {
        y: { field: 'link', type: 'nominal', sort: '-x', title: null },
        ...(many && { yOffset: { field: 'row', sort: null } }),
        x: { field: 'load', type: 'quantitative', title: load, axis: { format: '~s' } },
        ...color,
      },
    });
  }
  // The worst links of all rows stand at the same place: the legend names them.
  const ranked = report.rows.flatMap(({ label, worstLink, links }) =>
    links.map(({ load: over }, index) => ({
      row: `${label}: worst ${worstLink}`,
      load: over,
      rank: index + 1,
    })),
  );
  return svg({
    ...frame,
    title: 'Load of the links, most loaded first',
    data: { values: ranked },
    mark: { type: 'line', strokeWidth: 2 },
    encoding: {
      x: { field: 'rank', type: 'quantitative', title: 'link', scale: { nice: false } },
      y: { field: 'load', type: 'quantitative', scale: { type: 'log' }, title: load, axis: { format: '~s' } },
      color: { field: 'row', type: 'nominal', sort: null, title: null },
    },
  });
}
