import type { RumourConfig } from '@hearsay/gossip-sync';
import { paperAntiEntropy, paperRumour } from './paper.ts';

/** Which of the paper's tables. */
export type TableNumber = 1 | 2 | 3 | 4 | 5;

/** A column of a table; compare and update traffic are per link. */
export type Figure =
  | 'residue'
  | 'traffic'
  | 'tAverage'
  | 'tLast'
  | 'compareAverage'
  | 'compareJoint'
  | 'updateAverage'
  | 'updateJoint';

/** Values to compare a row with, where there are any. */
export type Expected = Partial<Readonly<Record<Figure, number>>>;

/** One row before it is run. */
export interface RowPlan {
  readonly label: string;
  readonly config: RumourConfig;
  /** Exponent of the spatial choice; 0 is uniform. */
  readonly exponent: number;
  /** As printed in the paper. */
  readonly published: Expected;
  /** As others measured on the same stand-in network. */
  readonly standIn: Expected;
}

export interface TablePlan {
  readonly title: string;
  readonly figures: readonly Figure[];
  /** Uniform choice among `sites`, or the two-grid network. */
  readonly network: 'uniform' | 'two-grids';
  readonly sites: number;
  readonly runs: number;
  readonly rows: readonly RowPlan[];
}

/** What the paper's tables are made of. Its values for Tables 2 and 3 are not known to this project. */
export function tablePlan(table: TableNumber): TablePlan {
  switch (table) {
    case 1:
      return epidemicPlan('push, feedback and counter', table1.map(rumourRow({})));
    case 2:
      return epidemicPlan(
        'push, blind and coin',
        [{}, {}, {}, {}, {}].map(rumourRow({ stopRule: 'blind', stopMethod: 'coin' })),
      );
    case 3:
      return epidemicPlan('pull, feedback and counter', [{}, {}, {}].map(rumourRow({ direction: 'pull' })));
    case 4:
      return spatialPlan('push-pull anti-entropy, no connection limit', null, 250, table4, standIn4);
    case 5:
      return spatialPlan(
        'push-pull anti-entropy, connection limit 1, hunt limit 0',
        1,
        120,
        table5,
        standIn5,
      );
  }
}

function epidemicPlan(title: string, rows: readonly RowPlan[]): TablePlan {
  const figures = ['residue', 'traffic', 'tAverage', 'tLast'] as const;
  return { title, figures, network: 'uniform', sites: 1000, runs: 1000, rows };
}

function rumourRow(variant: Partial<RumourConfig>): (published: Expected, index: number) => RowPlan {
  return (published, index) => ({
    label: `k = ${index + 1}`,
    config: { ...paperRumour, ...variant, k: index + 1 },
    exponent: 0,
    published,
    standIn: {},
  });
}

function spatialPlan(
  title: string,
  connectionLimit: number | null,
  runs: number,
  published: Readonly<Record<number, Expected>>,
  standIn: Readonly<Record<number, Expected>>,
): TablePlan {
  const rows = [0, 1.2, 1.4, 1.6, 1.8, 2].map((exponent) => ({
    label: exponent === 0 ? 'uniform' : `a = ${exponent.toFixed(1)}`,
    config: { ...paperAntiEntropy, connectionLimit },
    exponent,
    published: published[exponent] ?? {},
    standIn: standIn[exponent] ?? {},
  }));
  const figures = [
    'tLast',
    'tAverage',
    'compareAverage',
    'compareJoint',
    'updateAverage',
    'updateJoint',
  ] as const;
  return { title, figures, network: 'two-grids', sites: 300, runs, rows };
}

const table1: readonly Expected[] = [
  { residue: 0.18, traffic: 1.7, tAverage: 11, tLast: 16.8 },
  { residue: 0.037, traffic: 3.3, tAverage: 12.1, tLast: 16.9 },
  { residue: 0.011, traffic: 4.5, tAverage: 12.5, tLast: 17.4 },
  { residue: 0.0036, traffic: 5.6, tAverage: 12.7, tLast: 17.5 },
  { residue: 0.0012, traffic: 6.7, tAverage: 12.8, tLast: 17.7 },
];

const table4: Readonly<Record<number, Expected>> = {
  0: spatial(7.8, 5.3, 5.9, 75.7, 5.8, 74.4),
  2: spatial(13.3, 7.8, 1.4, 2.4, 1.9, 5.9),
};

const table5: Readonly<Record<number, Expected>> = {
  0: spatial(11, 7, 3.7, 47.5, 5.8, 75.2),
  2: spatial(24.6, 14.1, 0.7, 0.9, 1.9, 4.8),
};

const standIn4: Readonly<Record<number, Expected>> = {
  0: spatial(7.84, 5.3, 6.54, 75.51, 8.68, 100.1),
  1.2: spatial(9.43, 6.13, 1.92, 15.08, 2.99, 26.16),
  1.4: spatial(10.93, 6.9, 1.37, 8.7, 2.29, 17.51),
  1.6: spatial(12.92, 7.87, 1.02, 4.82, 1.78, 11.91),
  1.8: spatial(15.59, 9.17, 0.82, 2.73, 1.43, 7.97),
  2: spatial(19.16, 10.83, 0.71, 1.61, 1.17, 5.35),
};

const standIn5: Readonly<Record<number, Expected>> = {
  0: spatial(11.21, 7.08, 4.13, 47.42, 7.56, 85.27),
  1.2: spatial(12.97, 8.05, 1.21, 9.37, 2.56, 22.27),
  1.4: spatial(14.73, 8.93, 0.87, 5.41, 1.98, 15.47),
  1.6: spatial(17.38, 10.24, 0.66, 3.01, 1.52, 9.97),
  1.8: spatial(21.43, 12.32, 0.53, 1.64, 1.22, 6.75),
  2: spatial(26.69, 14.8, 0.47, 1, 1.02, 4.67),
};

function spatial(
  tLast: number,
  tAverage: number,
  compareAverage: number,
  compareJoint: number,
  updateAverage: number,
  updateJoint: number,
): Expected {
  return { tLast, tAverage, compareAverage, compareJoint, updateAverage, updateJoint };
}
