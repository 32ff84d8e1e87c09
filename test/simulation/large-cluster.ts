import { runLargeCluster } from '@hearsay/simulator';
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';

const program = new Command('large-cluster')
  .description(
    'Runs whole nodes in one process: they join through one seed under loss, edit, crash, are parted, and have to end equal.',
  )
  .option('--nodes <count>', 'above 30 they keep partial views', count, 1000)
  .option('--edits <count>', 'in each phase', count, 100)
  .option('--loss <share>', 'of packets, while nodes join and edit', share, 0.3)
  .option('--crashed <share>', 'of nodes that crash and come back', share, 0.2)
  .option('--seed <seed>', 'the same seed gives the same run', 'large')
  .option('--json', 'the figures as JSON', false)
  .action(async (options: Options) => {
    const { nodes, edits, loss, crashed, seed, json } = options;
    const bar = new SingleBar({
      format: '{bar} {phase}, {seconds} s of virtual time',
      noTTYOutput: true,
      notTTYSchedule: 10_000,
    });
    if (!json) bar.start(1, 0, { phase: 'start', seconds: 0 });
    const startedAt = performance.now();
    const phases = await runLargeCluster({
      nodes,
      edits,
      loss,
      crashed,
      seed,
      progress: ({ phase, share: done, virtualMs }) =>
        bar.update(done, { phase, seconds: Math.round(virtualMs / 1000) }),
    });
    bar.stop();
    const tookMs = Math.round(performance.now() - startedAt);
    const memoryMiB = Math.round(process.resourceUsage().maxRSS / 1024);
    if (json)
      console.log(JSON.stringify({ nodes, edits, loss, crashed, seed, phases, tookMs, memoryMiB }, null, 2));
    else {
      console.table(
        phases.map(({ phase, equalAfterMs, virtualMs, frames, bytes }) => ({
          phase,
          'equal after (s)': equalAfterMs === undefined ? 'not' : equalAfterMs / 1000,
          'virtual time (s)': virtualMs / 1000,
          messages: frames,
          MiB: Math.round(bytes / 2 ** 20),
          'messages/node/s': (frames / nodes / (virtualMs / 1000)).toFixed(1),
          'bytes/node/s': Math.round(bytes / nodes / (virtualMs / 1000)),
        })),
      );
      console.log(`${nodes} nodes: ${Math.round(tookMs / 1000)} s, ${memoryMiB} MiB of memory`);
    }
    if (phases.some(({ equalAfterMs }) => equalAfterMs === undefined)) process.exitCode = 1;
  });

await program.parseAsync();

interface Options {
  readonly nodes: number;
  readonly edits: number;
  readonly loss: number;
  readonly crashed: number;
  readonly seed: string;
  readonly json: boolean;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 2) throw new InvalidArgumentError('A whole number from 2 on.');
  return value;
}

function share(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value < 1)) throw new InvalidArgumentError('A number from 0 to below 1.');
  return value;
}
