import type { EpidemicRun, EpidemicTable } from '@hearsay/simulator';
import { frame, svg } from './plot.ts';
import { figureTexts } from './table-text.ts';

/** Susceptible, infective and removed sites over time, of one run. */
export function spreadPlot(run: EpidemicRun, title: string): Promise<string> {
  const values = run.history.flatMap(({ susceptible, infective, removed }, cycle) => [
    { cycle, state: 'susceptible', sites: susceptible },
    { cycle, state: 'infective', sites: infective },
    { cycle, state: 'removed', sites: removed },
  ]);
  return svg({
    ...frame,
    title,
    data: { values },
    mark: { type: 'line', strokeWidth: 2 },
    encoding: {
      x: { field: 'cycle', type: 'quantitative', title: 'cycle' },
      y: { field: 'sites', type: 'quantitative', title: 'sites' },
      color: { field: 'state', type: 'nominal', title: null, sort: ['susceptible', 'infective', 'removed'] },
    },
  });
}

/** Residue against traffic, one point a row, with the law s = e^−m beside it. */
export function residuePlot(table: EpidemicTable): Promise<string> {
  const points = table.rows.flatMap(({ label, measured: { residue, traffic } }) =>
    residue === undefined || traffic === undefined || residue.mean <= 0
      ? []
      : [{ label, residue: residue.mean, traffic: traffic.mean }],
  );
  const most = Math.max(1, ...points.map(({ traffic }) => traffic));
  const law = Array.from({ length: 41 }, (_, i) => ({
    traffic: (most * i) / 40,
    residue: Math.exp((-most * i) / 40),
  }));
  const x = { field: 'traffic', type: 'quantitative', title: 'traffic m (updates sent a site)' } as const;
  const y = {
    field: 'residue',
    type: 'quantitative',
    scale: { type: 'log' },
    title: 'residue s (share of sites never reached)',
  } as const;
  return svg({
    ...frame,
    title: `Table ${table.table}: ${table.title}; line: s = e^-m`,
    layer: [
      {
        data: { values: law },
        mark: { type: 'line', strokeDash: [4, 4], color: '#888' },
        encoding: { x, y },
      },
      { data: { values: points }, mark: { type: 'point', filled: true, size: 70 }, encoding: { x, y } },
      {
        data: { values: points },
        mark: { type: 'text', align: 'left', dx: 8 },
        encoding: { x, y, text: { field: 'label' } },
      },
    ],
  });
}

/** Load of the average link and of the joint, for each choice of partners. */
export function loadPlot(table: EpidemicTable): Promise<string> {
  const values = table.rows.flatMap((row) =>
    (['compareAverage', 'compareJoint'] as const).flatMap((figure) => {
      const estimate = row.measured[figure];
      return estimate === undefined
        ? []
        : [{ choice: row.label, link: figureTexts[figure].name, exchanges: estimate.mean }];
    }),
  );
  return svg({
    ...frame,
    title: `Table ${table.table}: ${table.title}`,
    data: { values },
    mark: 'bar',
    encoding: {
      x: { field: 'choice', type: 'nominal', sort: null, title: 'choice of partner' },
      xOffset: { field: 'link' },
      y: { field: 'exchanges', type: 'quantitative', scale: { type: 'symlog' }, title: 'exchanges a cycle' },
      color: { field: 'link', type: 'nominal', title: null },
    },
  });
}
