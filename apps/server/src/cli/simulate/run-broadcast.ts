import { defaultRumourConfig } from '@hearsay/gossip-sync';
import {
  type BroadcastReport,
  type BroadcastRowPlan,
  broadcastExperiment,
  fullMesh,
  paperRumour,
  randomOverlay,
} from '@hearsay/simulator';
import { HearsayError } from '../../failures.ts';
import type { CliDeps } from '../program.ts';
import { endPerformance, perform } from './perform.ts';
import type { Given } from './settings.ts';
import { aligned, csv, estimateText } from './text-table.ts';
import { writeFiles } from './write-files.ts';

/** One update over partial views: the shipping rumours beside flooding, plain push and what is possible at all. */
export async function runBroadcast(given: Given, deps: CliDeps): Promise<void> {
  const { nodes = [100, 1000], view = [6], latency = 5, jitter = 45, size = 100, out } = given;
  const { runs = 100, seed = 'hearsay' } = given;
  const [degree = 6, ...more] = view;
  if (more.length > 0) throw new HearsayError('USAGE', '--broadcast takes one --view');
  const largest = Math.max(...nodes);
  if (largest > (degree === 'all' ? 2000 : 20_000))
    throw new HearsayError('USAGE', `${largest} nodes are too many here`);
  const plans = nodes.flatMap((count) =>
    strategies.map(
      ({ name, strategy }): BroadcastRowPlan => ({
        label: `${count} nodes, ${name}`,
        overlay: (random) => (degree === 'all' ? fullMesh(count) : randomOverlay(count, degree, random)),
        strategy,
        latencyMs: [latency, latency + jitter],
        payloadBytes: size,
      }),
    ),
  );
  const { result, stoppedAt } = await perform(broadcastExperiment(plans, { runs, seed }), deps);
  const hopMs = latency + jitter / 2;
  const title = `One update of ${size} bytes over views of ${degree}; ${latency} to ${latency + jitter} ms a hop`;
  deps.stdout.write(broadcastText(result, title, nodes, hopMs));
  if (out !== undefined) {
    const { broadcastPlot } = await import('./plot-measurements.ts');
    const written = await writeFiles(out, {
      'broadcast.json': `${JSON.stringify({ title, ...result }, null, 2)}\n`,
      'broadcast.csv': broadcastCsv(result),
      'broadcast.svg': await broadcastPlot(result),
    });
    for (const path of written) deps.stdout.write(`wrote ${path}\n`);
  }
  endPerformance(stoppedAt);
}

const strategies: readonly { readonly name: string; readonly strategy: BroadcastRowPlan['strategy'] }[] = [
  { name: 'Hearsay', strategy: defaultRumourConfig },
  { name: 'flooding', strategy: 'flooding' },
  // The smallest k of Table 1 that leaves about a hundredth.
  {
    name: 'plain push, k = 3',
    strategy: { ...paperRumour, k: 3, intervalMs: defaultRumourConfig.intervalMs },
  },
];

const columns = [
  ['payloads', 'payloads', 'payloads received, a node; 1 is the limit'],
  ['controls', 'messages', 'messages without payload, a node'],
  ['residue', 'residue s', 'share of nodes not reached; repair mends it'],
  ['meanMs', 't_ave, ms', 'until it arrives, on average'],
  ['lastMs', 't_last, ms', 'until its last arrival'],
] as const;

function broadcastText(
  { rows, runs, seed }: BroadcastReport,
  title: string,
  nodes: readonly number[],
  hopMs: number,
): string {
  const header = ['', ...columns.map(([, name]) => name)];
  const lines = rows.map(({ label, figures }) => [
    label,
    ...columns.map(([key]) => estimateText(figures[key])),
  ]);
  const limits = nodes.map((count) => {
    const rounds = Math.ceil(Math.log2(count));
    return [`${count} nodes, limit`, '1', '0', '0', '', `${rounds} rounds = ${rounds * hopMs}`];
  });
  const legend = columns.map(([, name, meaning]) => `${name}: ${meaning}`).join('; ');
  const notes = rows.flatMap((row) =>
    row.runs < runs ? [`${row.label}: ${row.runs} of ${runs} runs were made`] : [],
  );
  const head = `${runs} runs a row, seed ${seed}; ± is the 95 % confidence interval; a round of the limit is a mean hop`;
  return [title, head, '', ...aligned([header, ...lines, ...limits]), '', legend, ...notes, ''].join('\n');
}

function broadcastCsv({ rows }: BroadcastReport): string {
  const lines = rows.flatMap(({ label, runs, figures }) =>
    columns.map(([key]) => [label, runs, key, figures[key].mean, figures[key].halfWidth]),
  );
  return csv([['row', 'runs', 'figure', 'mean', 'half_width_95'], ...lines]);
}
