import type { Experiment, Progress } from '../experiment.ts';
import { type ClusterMap, clusterMap } from '../map/cluster-map.ts';
import { ClusterRun } from './cluster-run.ts';
import type { SpreadReport, SpreadRow } from './report.ts';
import { RowSamples, type SpreadRun } from './row-samples.ts';
import type { Scenario } from './scenario.ts';

export interface ClusterExperimentOptions {
  readonly rows: readonly { readonly label: string; readonly scenario: Scenario }[];
  readonly runs: number;
  /** Same seed, same report. Run r of a row does not depend on how many runs there are. */
  readonly seed: string;
}

/** Spreads updates through clusters of whole shipping nodes: stores, engines, wire format, links. */
export function clusterExperiment(options: ClusterExperimentOptions): Experiment<SpreadReport> {
  return new ClusterExperiment(options);
}

const plottedMoments = 400;

interface Row {
  readonly label: string;
  readonly map: ClusterMap;
  readonly samples: RowSamples;
}

class ClusterExperiment implements Experiment<SpreadReport> {
  readonly #options: ClusterExperimentOptions;
  readonly #rows: Row[] = [];
  #underWay: ClusterRun | undefined;

  constructor(options: ClusterExperimentOptions) {
    this.#options = options;
  }

  async *run(): AsyncGenerator<Progress, void> {
    const { rows, runs, seed } = this.#options;
    for (const { label, scenario } of rows) {
      const map = clusterMap(scenario.map);
      const row = { label, map, samples: new RowSamples(map.network) };
      this.#rows.push(row);
      for (let run = 1; run <= runs; run++) {
        const cluster = new ClusterRun(scenario, map, `${seed}/run ${run}`);
        this.#underWay = cluster;
        const done = (this.#rows.length - 1) * runs + run - 1;
        for await (const { at, share } of cluster.play()) {
          yield { at: `${label}, run ${run}/${runs}: ${at}`, share: (done + share) / (rows.length * runs) };
        }
        row.samples.add(observed(cluster));
        this.#underWay = undefined;
      }
    }
  }

  /** Of a row that has no complete run yet, what the first has shown so far. */
  result(): SpreadReport {
    const { rows, runs, seed } = this.#options;
    const first = rows[0]?.scenario;
    return {
      kind: 'nodes',
      timeUnit: 'ms',
      loadUnit: 'bytes',
      seed,
      nodes: this.#rows[0]?.map.network.sites ?? 0,
      updates: first?.workload.updates ?? 0,
      runs,
      rows: this.#rows.flatMap((row) => this.#rowOf(row)),
    };
  }

  #rowOf({ label, map, samples }: Row): SpreadRow[] {
    if (samples.runs > 0) return [samples.row(label, false)];
    if (this.#underWay?.hasBegun !== true) return [];
    const partial = new RowSamples(map.network);
    partial.add(observed(this.#underWay));
    return [partial.row(label, true)];
  }
}

function observed(run: ClusterRun): SpreadRun {
  return { figures: run.figures(), loads: run.loads(), moments: run.moments(plottedMoments) };
}
