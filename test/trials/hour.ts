import { setTimeout as delay } from 'node:timers/promises';
import { Cluster } from '../cluster/cluster.ts';
import type { CrowdAnswer, CrowdCommand, CrowdPlan } from './hour/crowd-messages.ts';
import type { Measure, Trial, TrialOptions } from './trial.ts';
import { TrialProcess } from './trial-process.ts';
import { slopeOf } from './watched/slope.ts';
import { startWatchedNode, type WatchedNode } from './watched/watched-node.ts';

const fullMs = 3_600_000;
const clients = 1000;
const processes = 2;
const updatesPerSecond = 50;
const samples = 60;
/** What fills at first is no growth. */
const warmUpShare = 0.25;

/** A document that a thousand people read while fifty changes a second are made to it. */
export const hour: Trial = {
  about: '1,000 clients of one document, 50 updates and 10 moved cursors a second, for an hour',
  async run(options) {
    const cluster = new Cluster();
    try {
      const node = await startWatchedNode(await cluster.directory());
      cluster.after(() => node.end());
      const count = Math.max(20, Math.round(clients * Math.min(1, options.scale * 10)));
      const crowds = Array.from({ length: processes }, (): Crowd => new TrialProcess('hour/crowd-process'));
      cluster.after(() => Promise.all(crowds.map((crowd) => crowd.end())));
      return await measure(node, crowds, count, options);
    } finally {
      await cluster.end();
    }
  },
};

type Crowd = TrialProcess<CrowdCommand, CrowdAnswer>;

async function measure(
  node: WatchedNode,
  crowds: readonly Crowd[],
  count: number,
  { scale, signal, say }: TrialOptions,
): Promise<readonly Measure[]> {
  const each = Math.ceil(count / processes);
  const ready = crowds.map((crowd) => crowd.answer('ready'));
  for (const [at, crowd] of crowds.entries()) {
    const plan: CrowdPlan = {
      url: node.url,
      first: at * each,
      clients: Math.min(each, count - at * each),
      updatesPerSecond: updatesPerSecond / processes,
      movesPerSecond: movesPerSecond / processes,
    };
    crowd.tell(plan);
  }
  await Promise.all(ready);
  say(`${count} clients are in`);
  const held: [minutes: number, mebibytes: number][] = [];
  const beganAt = performance.now();
  const forMs = fullMs * scale;
  let longestLagMs = 0;
  while (performance.now() - beganAt < forMs && !signal.aborted) {
    await delay(forMs / samples, undefined, { signal }).catch(() => {});
    const { heapMiB, buffersMiB, residentMiB, longestLagMs: lag } = await node.figures();
    longestLagMs = Math.max(longestLagMs, lag);
    const minutes = (performance.now() - beganAt) / 60_000;
    held.push([minutes, heapMiB + buffersMiB]);
    say(
      `${minutes.toFixed(1)} min: ${(heapMiB + buffersMiB).toFixed(1)} MiB held, ${residentMiB.toFixed(0)} in all`,
    );
  }
  const reports = crowds.map((crowd) => {
    const report = crowd.answer('report');
    crowd.tell('report');
    return report;
  });
  const told = await Promise.all(reports);
  const delays = told.flatMap(({ delaysMs }) => delaysMs).sort((a, b) => a - b);
  const quantile = (share: number): number => delays[Math.floor((delays.length - 1) * share)] ?? Number.NaN;
  const warm = held.filter(([minutes]) => minutes * 60_000 >= forMs * warmUpShare);
  const mean = warm.reduce((sum, [, mebibytes]) => sum + mebibytes, 0) / warm.length;
  const sum = (of: (answer: (typeof told)[number]) => number): number =>
    told.reduce((all, one) => all + of(one), 0);
  const isWhole = scale === 1;
  return [
    { what: 'clients', value: count, unit: '', ...(isWhole && { atLeast: clients }) },
    { what: 'updates', value: sum(({ updates }) => updates), unit: '' },
    { what: 'connections lost', value: sum(({ lost }) => lost), unit: '', atMost: 0 },
    { what: 'a change is seen after, median', value: quantile(0.5), unit: 'ms' },
    { what: 'a change is seen after, p99', value: quantile(0.99), unit: 'ms', atMost: 250 },
    { what: 'event loop held up at most', value: longestLagMs, unit: 'ms', atMost: 250 },
    { what: 'held on average', value: mean, unit: 'MiB' },
    {
      what: 'held more in an hour',
      value: (slopeOf(warm) * 60 * 100) / mean,
      unit: '%',
      // In less time it is what the first minutes fill.
      ...(isWhole && { atMost: 1 }),
    },
  ];
}

const movesPerSecond = 10;
