import { createRandom } from '@hearsay/core';
import type { SynchronousExperiment } from '../experiment.ts';
import { type BroadcastFigures, type BroadcastOptions, broadcastOnce } from './broadcast.ts';
import { type Estimate, Sample } from './estimate.ts';

export interface BroadcastRowPlan extends BroadcastOptions {
  readonly label: string;
}

export interface BroadcastRow {
  readonly label: string;
  /** Made so far. */
  readonly runs: number;
  readonly figures: Readonly<Record<keyof BroadcastFigures, Estimate>>;
}

export interface BroadcastReport {
  readonly seed: string;
  /** Wanted of each row. */
  readonly runs: number;
  readonly rows: readonly BroadcastRow[];
}

/** Many broadcasts of each kind, every one over an overlay of its own. */
export function broadcastExperiment(
  plans: readonly BroadcastRowPlan[],
  { runs, seed }: { readonly runs: number; readonly seed: string },
): SynchronousExperiment<BroadcastReport> {
  const rows: BroadcastRow[] = [];
  return {
    *run() {
      for (const [index, plan] of plans.entries()) {
        const samples = {
          payloads: new Sample(),
          controls: new Sample(),
          residue: new Sample(),
          lastMs: new Sample(),
          meanMs: new Sample(),
        };
        for (let run = 1; run <= runs; run++) {
          const figures = broadcastOnce(plan, createRandom(`${seed}/broadcast ${run}`));
          samples.payloads.add(figures.payloads);
          samples.controls.add(figures.controls);
          samples.residue.add(figures.residue);
          samples.lastMs.add(figures.lastMs);
          samples.meanMs.add(figures.meanMs);
          rows[index] = {
            label: plan.label,
            runs: run,
            figures: {
              payloads: samples.payloads.estimate(),
              controls: samples.controls.estimate(),
              residue: samples.residue.estimate(),
              lastMs: samples.lastMs.estimate(),
              meanMs: samples.meanMs.estimate(),
            },
          };
          yield {
            at: `${plan.label}, run ${run}/${runs}`,
            share: (index * runs + run) / (plans.length * runs),
          };
        }
      }
    },
    result: () => ({ seed, runs, rows }),
  };
}
