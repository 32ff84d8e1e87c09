// A node in a process of its own that tells what it holds on to. It ends with its parent.
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { createHearsay } from '@hearsay/server';
import type { WatchAnswer, WatchCommand } from './messages.ts';

const [data, ...seeds] = process.argv.slice(2);
if (data === undefined || globalThis.gc === undefined) throw new Error('not for people');
const collect = globalThis.gc;

let lag = watchLag();
const node = await createHearsay({
  data,
  port: 0,
  logLevel: 'error',
  join: seeds,
  secret: '5f0c7ab1e99d42c6b83a1740d2ce96fb',
});

process.on('message', async (command: WatchCommand) => {
  if (command.type === 'stop') {
    await node.stop();
    lag.disable();
    answer({ type: 'stopped', resources: resources() });
    return;
  }
  const longestLagMs = lag.max / 1e6;
  lag.disable();
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  answer({
    type: 'figures',
    heapMiB: heapUsed / mebi,
    buffersMiB: external / mebi,
    residentMiB: rss / mebi,
    resources: resources(),
    longestLagMs,
  });
  lag = watchLag();
});
process.on('disconnect', () => process.exit());
answer({ type: 'started', url: node.clientUrl, http: node.httpUrl });

function watchLag(): IntervalHistogram {
  const histogram = monitorEventLoopDelay({ resolution: 10 });
  histogram.enable();
  return histogram;
}

function resources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function answer(message: WatchAnswer): void {
  process.send?.(message);
}

const mebi = 1_048_576;
