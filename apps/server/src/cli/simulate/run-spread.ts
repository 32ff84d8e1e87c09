import {
  type ClusterExperimentOptions,
  clusterExperiment,
  clusterMap,
  type EpidemicPlan,
  epidemicExperiment,
  noFaults,
  type Scenario,
  type SpreadReport,
  unknownNames,
} from '@hearsay/simulator';
import { HearsayError } from '../../failures.ts';
import type { CliDeps } from '../program.ts';
import { endPerformance, perform } from './perform.ts';
import { planMap } from './plan-map.ts';
import { planEpidemic, planStrategy } from './plan-strategy.ts';
import { rowsOf } from './rows.ts';
import type { Given, Picked } from './settings.ts';
import { linksCsv, spreadCsv, spreadText } from './spread-text.ts';
import { writeFiles } from './write-files.ts';

/** Spreads updates through clusters of whole nodes. */
export async function runNodes(given: Given, deps: CliDeps): Promise<void> {
  const rows: ClusterExperimentOptions['rows'][number][] = [];
  for (const { label, picked } of rowsOf(given, 'default')) {
    rows.push({ label, scenario: await planScenario(given, picked) });
  }
  const { runs = 5, seed = 'hearsay', updates = 100, rate = 10, size = 100 } = given;
  const experiment = clusterExperiment({ rows, runs, seed });
  const what = `${updates} updates of ${size} bytes, ${rate} a second`;
  const title = `Whole nodes: ${what}; ${networkText(given)}`;
  const { result, stoppedAt } = await perform(experiment, deps);
  await tell(result, title, given, deps);
  endPerformance(stoppedAt);
}

/** Spreads one rumour among the rumour machines alone. */
export async function runEpidemics(given: Given, deps: CliDeps): Promise<void> {
  const plans: EpidemicPlan[] = [];
  for (const { label, picked } of rowsOf(given, 'rumour')) {
    const { nodes, exponent = 0, view = 'all' } = picked;
    const map = await planMap(given, nodes, { nodes: 1000, maxNodes: 200_000 });
    plans.push({ label, map, config: planEpidemic(picked), exponent, view: view === 'all' ? null : view });
  }
  const { runs = 100, seed = 'hearsay' } = given;
  const experiment = epidemicExperiment(plans, { runs, seed });
  const { result, stoppedAt } = await perform(experiment, deps);
  await tell(result, `Rumour machines alone: one update; ${networkText(given)}`, given, deps);
  endPerformance(stoppedAt);
}

async function planScenario(given: Given, picked: Picked): Promise<Scenario> {
  const { updates = 100, rate = 10, size = 100, documents = null, patience = 120 } = given;
  const map = await planMap(given, picked.nodes, { nodes: 30, maxNodes: 2000 });
  const built = clusterMap(map);
  const faults = {
    ...noFaults,
    loss: picked.loss ?? 0,
    stragglers: given.delay ?? noFaults.stragglers,
    duplicated: given.duplicate ?? 0,
    reordered: given.reorder ?? 0,
    partitions: given.partition ?? [],
    crashes: given.crash ?? [],
  };
  const [unknown] = unknownNames(faults, built);
  if (unknown !== undefined) {
    const example = built.network.siteName(0);
    throw new HearsayError('USAGE', `no node or region is called ${unknown}; the first node is ${example}`);
  }
  return {
    map,
    strategy: planStrategy(given, picked, built.network.sites),
    workload: { updates, rate, textBytes: size, documents },
    faults,
    patienceMs: patience * 1000,
  };
}

function networkText({ topology = 'full', reach }: Given): string {
  const who = reach === 'neighbours' ? ', neighbours alone reach each other' : '';
  return `${topology} network${who}`;
}

async function tell(report: SpreadReport, title: string, { out }: Given, { stdout }: CliDeps): Promise<void> {
  if (report.rows.length === 0) return;
  stdout.write(spreadText(report, title));
  if (out === undefined) return;
  // Loaded only here: the plotting library is larger than everything else a node loads.
  const { linksPlot, spreadPlot, spreadResiduePlot } = await import('./plot-spread.ts');
  const name = report.kind === 'nodes' ? 'nodes' : 'epidemic';
  const hasLinks = report.rows.some(({ links }) => links.length > 0);
  const written = await writeFiles(out, {
    [`${name}.json`]: `${JSON.stringify({ title, ...report }, null, 2)}\n`,
    [`${name}.csv`]: spreadCsv(report),
    [`${name}-spread.svg`]: await spreadPlot(report),
    [`${name}-residue.svg`]: await spreadResiduePlot(report),
    ...(hasLinks && {
      [`${name}-links.csv`]: linksCsv(report),
      [`${name}-links.svg`]: await linksPlot(report),
    }),
  });
  for (const path of written) stdout.write(`wrote ${path}\n`);
}
