import { setTimeout as delay } from 'node:timers/promises';
import { Cluster, statusOf, untilEqual } from '../cluster/cluster.ts';
import { AcknowledgedWriter } from '../soak/acknowledged-writer.ts';
import { tokensOf } from '../soak/kills.ts';
import { canLimitCpu, makeCpuQuota } from '../support/cpu-quota.ts';
import { eventually } from '../support/eventually.ts';
import type { NodeProcess } from '../support/node-process.ts';
import { processorMs } from '../support/process-figures.ts';
import { type Measure, type Trial, type TrialOptions, TrialRefusedError } from './trial.ts';

/** How long a suspicion lasts among three nodes (membership.suspicion… of `hearsay settings`). */
const suspicionMs = 4000;

/**
 * What stalls a starved node longest is
 * rarer: V8 collects a whole heap again 100 s after it last did.
 */
const starvedMs = 150_000;

interface Scarcity {
  readonly what: string;
  /** Of one core. */
  readonly share: number;
  /** Whether clients write to it and to another node, ten times a second together. That takes 2.4 % of a core. */
  readonly isWritten: boolean;
  /**
   * Whatever takes 40 ms of processor at once stalls a node with 1 % for as long as a suspicion lasts. Once it has said that it is slow
   * it has three times as long; not in the first moments, and not beyond.
   */
  readonly mayBeGivenUp: boolean;
  /** Options of Node.js. */
  readonly runtime: readonly string[];
}

/** To give memory back to the system V8 compacts a heap that rests, in pieces of 50 to 100 ms of processor. */
const steadyHeap = ['--no-memory-reducer'];

const scarcities: readonly Scarcity[] = [
  { what: '5 %, written', share: 0.05, isWritten: true, mayBeGivenUp: false, runtime: [] },
  { what: '1 %', share: 0.01, isWritten: false, mayBeGivenUp: false, runtime: steadyHeap },
  // A worker that starts, to compact a log, takes 80 ms.
  { what: '1 %, written', share: 0.01, isWritten: true, mayBeGivenUp: true, runtime: steadyHeap },
];

/** What three nodes take that nobody uses, and one of them that gets a share of a core that its work does not fit in. */
export const starved: Trial = {
  about:
    'three nodes left alone; one with 5 %, then one with 1 % of a core: not taken for dead, nothing lost',
  needs: 'root',
  async run(options) {
    if (!(await canLimitCpu())) throw new TrialRefusedError('starved takes root and control groups');
    const measures: Measure[] = [await leftAlone(options)];
    for (const scarcity of scarcities) {
      if (!options.signal.aborted) measures.push(...(await starve(scarcity, options)));
    }
    return measures;
  },
};

const settleMs = 30_000;
const aloneMs = 60_000;

async function leftAlone({ scale, signal, say }: TrialOptions): Promise<Measure> {
  const cluster = new Cluster();
  try {
    // As often as by default: nothing is waited for here.
    const nodes = await cluster.nodes(3, { with: ['--repair-interval', '10000'] });
    say(`nothing to do for ${Math.round((aloneMs * scale) / 1000)} s`);
    await delay(settleMs * scale, undefined, { signal }).catch(() => {});
    const spent = async (): Promise<number> => {
      const each = await Promise.all(nodes.map(({ pid }) => processorMs(pid() ?? 0)));
      return each.reduce((sum, ms) => sum + ms, 0) / each.length;
    };
    const before = await spent();
    const beganAt = performance.now();
    await delay(aloneMs * scale, undefined, { signal }).catch(() => {});
    const value = ((await spent()) - before) / (performance.now() - beganAt);
    const measure = { what: 'processor of a node left alone', value: value * 100, unit: '% of a core' };
    // On a smaller scale it is still compiling itself.
    return scale < 1 ? measure : { ...measure, atMost: 0.6 };
  } finally {
    await cluster.end();
  }
}

async function starve(scarcity: Scarcity, { scale, signal, say }: TrialOptions): Promise<Measure[]> {
  const { what, share, isWritten, mayBeGivenUp, runtime } = scarcity;
  const cluster = new Cluster();
  const quota = await makeCpuQuota(`hearsay-starved-${process.pid}`);
  try {
    cluster.after(() => quota.remove());
    const nodes = await cluster.nodes(3, { runtime });
    const [well, , poor] = nodes;
    const pid = poor?.pid();
    if (well === undefined || poor === undefined || pid === undefined) throw new Error('no nodes');
    await quota.add(pid);
    say([what, ...runtime, `for ${Math.round((starvedMs * scale) / 1000)} s`].join(' '));
    const before = nodes.map((node) => node.output().length);
    const writers = [well, poor].map((node, at) => new AcknowledgedWriter(node.url, `${what} ${at}`));
    await eventually('writers to be let in', () => writers.every(({ open }) => open));
    await quota.set(share);
    const endsAt = performance.now() + starvedMs * scale;
    for (let turn = 0; performance.now() < endsAt && !signal.aborted; turn++) {
      if (isWritten || turn === 0)
        for (const [at, writer] of writers.entries()) writer.write(`${at}-${turn}`);
      await delay(200);
    }
    const seen = nodes.map((node, at) => node.output().slice(before[at]));
    await quota.set(undefined);
    const acknowledged = writers.map((writer) => [...writer.acknowledged]);
    for (const writer of writers) writer.end();
    await untilEqual(nodes, 1, 60_000);
    const lost = await missing(nodes, what, acknowledged);
    const parked = (await Promise.all(nodes.map(statusOf))).flatMap((status) => status.parked).length;
    const deaths = times(seen, 'dead');
    const [byWell, byPoor] = acknowledged.map(({ length }) => length);
    return [
      { what: `${what}: taken for dead`, value: deaths, unit: 'times', ...(!mayBeGivenUp && { atMost: 0 }) },
      { what: `${what}: of these, sooner than three suspicions`, value: tooSoon(seen), unit: 'times' },
      { what: `${what}: suspected`, value: times(seen, 'suspect'), unit: 'times' },
      { what: `${what}: acknowledged by a well node`, value: byWell ?? 0, unit: 'updates' },
      { what: `${what}: acknowledged by the starved`, value: byPoor ?? 0, unit: 'updates' },
      { what: `${what}: documents parked`, value: parked, unit: '', atMost: 0 },
      { what: `${what}: of these lost on any node`, value: lost, unit: 'updates', atMost: 0 },
    ];
  } finally {
    await cluster.end();
  }
}

/** How often the nodes' logs tell of a member that has come to a status. */
function times(logs: readonly string[], status: string): number {
  return logs.reduce((sum, log) => sum + log.split(`"status":"${status}"`).length - 1, 0);
}

/** How often a member was taken for dead sooner than three suspicions last after it was suspected last. */
function tooSoon(logs: readonly string[]): number {
  let count = 0;
  for (const log of logs) {
    const suspectedAt = new Map<unknown, number>();
    for (const line of log.split('\n')) {
      if (!/"status":"(suspect|dead)"/.test(line)) continue;
      const { time, status, peer } = JSON.parse(line) as { time: string; status: string; peer: unknown };
      const at = Date.parse(time);
      if (status === 'suspect') suspectedAt.set(peer, at);
      else if (at - (suspectedAt.get(peer) ?? at) < 3 * suspicionMs - timerMs) count++;
    }
  }
  return count;
}

/** A timer may fire so much early, and a line be written so much late. */
const timerMs = 50;

async function missing(
  nodes: readonly NodeProcess[],
  what: string,
  acknowledged: readonly (readonly string[])[],
): Promise<number> {
  let lost = 0;
  for (const node of nodes) {
    for (const [at, tokens] of acknowledged.entries()) {
      const kept = await tokensOf(node, encodeURIComponent(`${what} ${at}`));
      lost += tokens.filter((token) => !kept.has(token)).length;
    }
  }
  return lost;
}
