import { createRandom } from '@hearsay/core';
import type { SynchronousExperiment } from '../experiment.ts';
import { type JointNetwork, twoGridNetwork } from '../map/grid-network.ts';
import { type EpidemicRun, runEpidemic } from './cycle-world.ts';
import { type Estimate, Sample } from './estimate.ts';
import { LinkTraffic } from './link-traffic.ts';
import { spatialPartners } from './spatial-partners.ts';
import { type Expected, type Figure, type RowPlan, type TableNumber, tablePlan } from './table-rows.ts';
import { uniformPartners } from './uniform-partners.ts';

export interface TableOptions {
  /** Runs of each row; the paper's, or the reference's, when not given. */
  readonly runs?: number;
  /** Same seed, same table. Run r of a row does not depend on how many runs there are. */
  readonly seed: string;
  /** Sites of Tables 1 to 3; 1000 when not given. */
  readonly sites?: number;
}

export interface TableRow {
  readonly label: string;
  /** Made so far. */
  readonly runs: number;
  readonly measured: Readonly<Partial<Record<Figure, Estimate>>>;
  readonly published: Expected;
  readonly standIn: Expected;
}

export interface EpidemicTable {
  readonly table: TableNumber;
  readonly title: string;
  readonly sites: number;
  /** Wanted of each row. */
  readonly runs: number;
  readonly seed: string;
  readonly figures: readonly Figure[];
  readonly rows: readonly TableRow[];
}

/** Runs one of the paper's tables with the shipping rumour machine and partner choice. */
export function tableExperiment(
  table: TableNumber,
  options: TableOptions,
): SynchronousExperiment<EpidemicTable> {
  const plan = tablePlan(table);
  const { seed } = options;
  const runs = options.runs ?? plan.runs;
  const network = plan.network === 'uniform' ? undefined : twoGridNetwork();
  const sites = network?.sites ?? options.sites ?? plan.sites;
  const rows: { readonly row: RowPlan; readonly samples: Samples; runs: number }[] = [];
  return {
    *run() {
      for (const row of plan.rows) {
        const runOnce = network === undefined ? uniformRun(row, sites) : networkRun(row, network);
        const samples: Samples = new Map(plan.figures.map((figure) => [figure, new Sample()]));
        const made = { row, samples, runs: 0 };
        rows.push(made);
        while (made.runs < runs) {
          const figures = runOnce(`${seed}/table ${table}/${row.label}/run ${++made.runs}`);
          for (const [figure, sample] of samples) sample.add(figures[figure] ?? Number.NaN);
          const done = (rows.length - 1) * runs + made.runs;
          yield { at: `${row.label}, run ${made.runs}/${runs}`, share: done / (plan.rows.length * runs) };
        }
      }
    },
    result: () => ({
      table,
      title: plan.title,
      sites,
      runs,
      seed,
      figures: plan.figures,
      rows: rows.map(({ row: { label, published, standIn }, samples, runs: made }) => {
        const estimates = [...samples].map(([figure, sample]) => [figure, sample.estimate()] as const);
        const measured: TableRow['measured'] = Object.fromEntries(estimates);
        return { label, runs: made, measured, published, standIn };
      }),
    }),
  };
}

type Samples = ReadonlyMap<Figure, Sample>;
type RunOnce = (seed: string) => Expected;

function uniformRun({ config }: RowPlan, sites: number): RunOnce {
  return (seed) => {
    const random = createRandom(seed);
    return epidemicFigures(runEpidemic({ sites, config, random, partners: uniformPartners, infected: [0] }));
  };
}

function networkRun({ config, exponent }: RowPlan, network: JointNetwork): RunOnce {
  const partners = spatialPartners((from, to) => network.route(from, to).length, exponent);
  return (seed) => {
    const random = createRandom(seed);
    const observer = new LinkTraffic(network);
    const infected = [random.below(network.sites)];
    const run = runEpidemic({ sites: network.sites, config, random, partners, infected, observer });
    const { compares, updates } = observer;
    const at = (counts: Float64Array): number => counts[network.joint] ?? 0;
    return {
      ...epidemicFigures(run),
      compareAverage: average(compares) / run.cycles,
      compareJoint: at(compares) / run.cycles,
      updateAverage: average(updates),
      updateJoint: at(updates),
    };
  };
}

function average(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + count, 0) / counts.length;
}

function epidemicFigures({ residue, traffic, tAverage, tLast }: EpidemicRun): Expected {
  return { residue, traffic, tAverage, tLast };
}
