import { createRandom } from '@hearsay/core';
import {
  type EpidemicTable,
  paperRumour,
  runEpidemic,
  tableExperiment,
  uniformPartners,
} from '@hearsay/simulator';
import { HearsayError } from '../../failures.ts';
import type { CliDeps } from '../program.ts';
import { endPerformance, perform } from './perform.ts';
import type { Given } from './settings.ts';
import { tableCsv, tableText } from './table-text.ts';
import { writeFiles } from './write-files.ts';

/** Runs a table of the paper, and prints it beside what was published. */
export async function runTable(given: Given, deps: CliDeps): Promise<void> {
  const { table = 1, nodes: [sites, ...more] = [], runs, seed = 'hearsay', out } = given;
  if (more.length > 0) throw new HearsayError('USAGE', '--table takes one number of --nodes');
  if (sites !== undefined && table >= 4) {
    throw new HearsayError('USAGE', 'leave out --nodes: tables 4 and 5 are of the 300-site network');
  }
  const options = { seed, ...(runs !== undefined && { runs }), ...(sites !== undefined && { sites }) };
  const { result, stoppedAt } = await perform(tableExperiment(table, options), deps);
  deps.stdout.write(tableText(result));
  if (out !== undefined) {
    for (const path of await writeFiles(out, await filesOf(result))) deps.stdout.write(`wrote ${path}\n`);
  }
  endPerformance(stoppedAt);
}

async function filesOf(table: EpidemicTable): Promise<Record<string, string>> {
  // Loaded only here: the plotting library is larger than everything else a node loads.
  const { loadPlot, residuePlot, spreadPlot } = await import('./plot-tables.ts');
  const base = `table-${table.table}`;
  const files = { [`${base}.json`]: `${JSON.stringify(table, null, 2)}\n`, [`${base}.csv`]: tableCsv(table) };
  if (table.table >= 4) return { ...files, [`${base}-load.svg`]: await loadPlot(table) };
  const run = runEpidemic({
    sites: table.sites,
    config: paperRumour,
    random: createRandom(`${table.seed}/spread`),
    partners: uniformPartners,
    infected: [0],
  });
  return {
    ...files,
    [`${base}-residue.svg`]: await residuePlot(table),
    [`${base}-spread.svg`]: await spreadPlot(run, `One rumour among ${table.sites} sites`),
  };
}
