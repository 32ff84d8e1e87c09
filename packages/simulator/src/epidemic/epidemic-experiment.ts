import { createRandom, type Random, type ReplicaId } from '@hearsay/core';
import type { PartnerSource, RumourConfig } from '@hearsay/gossip-sync';
import type { SynchronousExperiment } from '../experiment.ts';
import { type ClusterMap, clusterMap, type MapPlan } from '../map/cluster-map.ts';
import type { SpreadReport } from '../spread/report.ts';
import { RowSamples, type SpreadRun } from '../spread/row-samples.ts';
import { type EpidemicOptions, type EpidemicRun, epidemic } from './cycle-world.ts';
import { LinkTraffic } from './link-traffic.ts';
import { randomOverlay } from './overlay-graph.ts';
import { spatialPartners } from './spatial-partners.ts';
import { uniformPartners } from './uniform-partners.ts';

export interface EpidemicPlan {
  readonly label: string;
  readonly map: MapPlan;
  /** Cycles are driven from outside: `intervalMs` is null. */
  readonly config: RumourConfig;
  /** Of the spatial choice by distance on the map; 0 is uniform. */
  readonly exponent: number;
  /** Partners are so many random sites, as in partial views; null: all that can be reached. */
  readonly view: number | null;
}

/** Spreads one rumour, in synchronous cycles, among the shipping rumour machines alone. */
export function epidemicExperiment(
  plans: readonly EpidemicPlan[],
  { runs, seed }: { readonly runs: number; readonly seed: string },
): SynchronousExperiment<SpreadReport> {
  const rows: { readonly label: string; readonly samples: RowSamples }[] = [];
  let nodes = 0;
  return {
    *run() {
      for (const [index, plan] of plans.entries()) {
        const map = clusterMap(plan.map);
        nodes = map.network.sites;
        const row = { label: plan.label, samples: new RowSamples(map.network) };
        rows.push(row);
        const partners = partnersOf(plan, map);
        for (let run = 1; run <= runs; run++) {
          const random = createRandom(`${seed}/run ${run}`);
          const traffic = map.network.links <= countedLinks ? new LinkTraffic(map.network) : undefined;
          const cycles = epidemic({
            sites: nodes,
            config: plan.config,
            random,
            partners: partners(random),
            infected: [random.below(nodes)],
            maxCycles,
            ...(traffic && { observer: traffic }),
          });
          const done = index * runs + run - 1;
          let step = cycles.next();
          for (let cycle = 1; step.done !== true; cycle++) {
            const at = `${plan.label}, run ${run}/${runs}: cycle ${cycle}, ${step.value.susceptible} not reached`;
            const reached = 1 - step.value.susceptible / nodes;
            yield { at, share: (done + reached) / (plans.length * runs) };
            step = cycles.next();
          }
          row.samples.add(observed(step.value, traffic?.compares ?? null));
        }
      }
    },
    result: () => ({
      kind: 'epidemic',
      timeUnit: 'cycles',
      loadUnit: 'conversations',
      seed,
      nodes,
      updates: 1,
      runs,
      rows: rows
        .filter(({ samples }) => samples.runs > 0)
        .map(({ label, samples }) => samples.row(label, false)),
    }),
  };
}

/** Far more than any epidemic takes that ends by itself. */
const maxCycles = 100_000;
/** In a full mesh of more than 2,000 sites each pair has a link that is hardly ever used. */
const countedLinks = 2_000_000;

function observed(
  { residue, traffic, tAverage, tLast, cycles, history }: EpidemicRun,
  loads: Float64Array | null,
): SpreadRun {
  const nodes = (history[0]?.susceptible ?? 0) + 1;
  return {
    figures: {
      residue,
      traffic,
      redundancy: (traffic * nodes) / Math.max(1, nodes - 1),
      tAverage,
      tLast,
      observed: cycles,
    },
    loads,
    moments: history.map((moment, at) => ({ at, ...moment })),
  };
}

/** For each run: views are drawn afresh, ranks by distance are kept. */
function partnersOf(
  { exponent, view, map: { reach } }: EpidemicPlan,
  { network, topology, latency }: ClusterMap,
): (random: Random) => EpidemicOptions['partners'] {
  const nodes = Array.from({ length: network.sites }, (_, node) => node);
  if (view !== null) {
    return (random) => among(randomOverlay(network.sites, view, random.fork('views')));
  }
  if (reach === 'neighbours') {
    const overlay = nodes.map((a) => nodes.filter((b) => b !== a && topology.connects(a, b)));
    return () => among(overlay);
  }
  if (exponent === 0) return () => uniformPartners;
  const distance = (a: number, b: number): number => latency(a, b).baseMs || network.route(a, b).length;
  const spatial = spatialPartners(distance, exponent);
  return () => spatial;
}

function among(overlay: readonly (readonly number[])[]): EpidemicOptions['partners'] {
  return (site: number, ids: readonly ReplicaId[], random: Random): PartnerSource => {
    const neighbours = (overlay[site] ?? []).flatMap((other) => ids[other] ?? []);
    return { pick: () => random.pick(neighbours) };
  };
}
