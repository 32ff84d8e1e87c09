import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '@hearsay/core';
import {
  type EpidemicTable,
  paperRumour,
  runEpidemic,
  runTable,
  uniformPartners,
} from '@hearsay/simulator/epidemic';
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import type { CliDeps } from '../program.ts';
import { tableCsv, tableText } from './figures.ts';

interface TableFlags {
  readonly table: 1 | 2 | 3 | 4 | 5;
  readonly runs?: number;
  readonly sites?: number;
  readonly seed: string;
  readonly out?: string;
}

/** `hearsay simulate`: the shipping state machines under virtual time. */
export function simulateCommand(deps: CliDeps): Command {
  return new Command('simulate')
    .description(
      'Run the shipping gossip machines under virtual time and print what they cost.\n' +
        'Tables 1 to 5 are those of Demers et al., "Epidemic Algorithms for Replicated Database Maintenance" (1987/1989);\n' +
        '4 and 5 on a stand-in of 300 sites in two grids for the network whose map was never published.',
    )
    .requiredOption('--table <number>', 'which table of the paper: 1 to 5', tableNumber)
    .option(
      '--runs <number>',
      'runs of each row (default: as many as the paper, or the reference, made)',
      positive,
    )
    .option('--sites <number>', 'sites of tables 1 to 3 (default: 1000)', positive)
    .option('--seed <text>', 'decides everything: same seed, same table', 'hearsay')
    .option(
      '--out <directory>',
      'also write the table as JSON and CSV, and plots as SVG, into this directory',
    )
    .action((flags: TableFlags) => simulateTable(flags, deps));
}

async function simulateTable(flags: TableFlags, { stdout, stderr }: CliDeps): Promise<void> {
  const bar = new SingleBar({
    format: 'table {table} {bar} {percentage} % | row {row}/{rows}, run {value}/{total} | {eta_formatted}',
    stream: stderr,
    noTTYOutput: false,
  });
  let row = 0;
  const table = runTable(flags.table, {
    seed: flags.seed,
    ...(flags.runs === undefined ? {} : { runs: flags.runs }),
    ...(flags.sites === undefined ? {} : { sites: flags.sites }),
    onProgress: (progress) => {
      if (progress.row !== row)
        bar.start(progress.runs, 0, { table: flags.table, row: progress.row, rows: progress.rows });
      row = progress.row;
      bar.update(progress.run);
    },
  });
  bar.stop();
  stdout.write(tableText(table));
  if (flags.out === undefined) return;
  for (const path of await writeFiles(flags.out, table)) stdout.write(`wrote ${path}\n`);
}

async function writeFiles(directory: string, table: EpidemicTable): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  // Loaded only here: the plotting library is larger than everything else a node loads.
  const { loadPlot, residuePlot, spreadPlot } = await import('./plots.ts');
  const base = join(directory, `table-${table.table}`);
  const files = new Map<string, string>([
    [`${base}.json`, `${JSON.stringify(table, null, 2)}\n`],
    [`${base}.csv`, tableCsv(table)],
  ]);
  if (table.table >= 4) {
    files.set(`${base}-load.svg`, await loadPlot(table));
  } else {
    const random = createRandom(`${table.seed}/spread`);
    const run = runEpidemic({
      sites: table.sites,
      config: paperRumour,
      random,
      partners: uniformPartners,
      infected: [0],
    });
    files.set(`${base}-residue.svg`, await residuePlot(table));
    files.set(`${base}-spread.svg`, await spreadPlot(run, `One rumour among ${table.sites} sites`));
  }
  for (const [path, content] of files) await writeFile(path, content);
  return [...files.keys()];
}

function tableNumber(text: string): number {
  if (!/^[1-5]$/.test(text)) throw new InvalidArgumentError('There are tables 1 to 5.');
  return Number(text);
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Give a whole number above 0.');
  return Number(text);
}
