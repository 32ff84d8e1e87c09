import { setTimeout as delay } from 'node:timers/promises';
import { Cluster, testSecret } from '../cluster/cluster.ts';
import { prefill } from '../cluster/prefill.ts';
import type { NodeProcess } from '../support/node-process.ts';
import { peakMemoryMiB, processorMs } from '../support/process-figures.ts';
import { floodedDocument } from './flood/as-client.ts';
import { Flood } from './flood/flood.ts';
import type { FloodKind } from './flood/flood-messages.ts';
import { SteadyClients } from './flood/steady-clients.ts';
import type { Measure, Trial, TrialOptions } from './trial.ts';

/** What ten well-behaved clients feel of somebody who sends as fast as the node takes it. */
export const flood: Trial = {
  about:
    'a peer, a client and fifty connections with requests flood a node, one after the other; ten clients write',
  async run(options) {
    const cluster = new Cluster();
    try {
      return await besiege(cluster, options);
    } finally {
      await cluster.end();
    }
  },
};

const floodMs = 30_000;
const mostMs = 100;
const kinds: readonly FloodKind[] = ['requests', 'peer', 'client'];

async function besiege(cluster: Cluster, options: TrialOptions): Promise<readonly Measure[]> {
  const { scale, signal } = options;
  const data = await cluster.directory();
  await prefill(data, Math.max(10, Math.round(10_000 * scale)));
  const node = await cluster.node({ data });
  const names = Array.from({ length: 10 }, (_, client) => `steady-${client}`);
  const clients = new SteadyClients(node.url, names, 250);
  cluster.after(() => clients.end());
  await clients.untilOpen();
  await delay(2000 * scale);
  const measures = await measured('before', clients, node, undefined, options);
  for (const kind of kinds) {
    if (signal.aborted) break;
    const flooding = new Flood(kind, kind === 'requests' ? node.http : node.url, testSecret);
    cluster.after(() => flooding.end());
    await delay(2000 * scale);
    measures.push(...(await measured(kind, clients, node, flooding, options)));
    await flooding.end();
    if (kind === 'client') measures.push(await readingMs(node));
    // What it left behind is not to be measured with the next.
    await delay(2000 * scale);
  }
  return [
    ...measures,
    { what: 'clients put out', value: clients.lost, unit: '', atMost: 0 },
    { what: 'memory of the node', value: await peakMemoryMiB(node.pid() ?? 0), unit: 'MiB', atMost: 512 },
  ];
}

async function measured(
  what: string,
  clients: SteadyClients,
  node: NodeProcess,
  flooding: Flood | undefined,
  { scale, say, signal }: TrialOptions,
): Promise<Measure[]> {
  const pid = node.pid() ?? 0;
  const before = await flooding?.report();
  const spent = async (): Promise<readonly number[]> =>
    Promise.all([pid, ...(flooding === undefined ? [] : [flooding.pid])].map(processorMs));
  const spentBefore = await spent();
  clients.mark();
  const beganAt = performance.now();
  await delay(Math.max(1000, floodMs * scale), undefined, { signal }).catch(() => {});
  const seconds = (performance.now() - beganAt) / 1000;
  const figures: Measure[] = [
    { what: `${what}: acknowledgements`, value: clients.acknowledged, unit: '', atLeast: 1 },
    { what: `${what}: p50`, value: clients.percentile(50), unit: 'ms' },
    { what: `${what}: p99`, value: clients.percentile(99), unit: 'ms', ...(flooding && { atMost: mostMs }) },
    { what: `${what}: longest`, value: clients.percentile(100), unit: 'ms' },
  ];
  const spentAfter = await spent();
  const shares = spentAfter.map((ms, at) => (ms - (spentBefore[at] ?? 0)) / seconds / 10);
  figures.push({ what: `${what}: processor of the node`, value: shares[0] ?? 0, unit: '% of a core' });
  const after = await flooding?.report();
  if (before === undefined || after === undefined) return figures;
  say(`${what}: ${JSON.stringify(after.answered)}, lost ${after.losses} connections`);
  const rate = (after.sent - before.sent) / seconds;
  return [
    ...figures,
    { what: `${what}: processor of the flood`, value: shares[1] ?? 0, unit: '% of a core' },
    { what: `${what}: messages`, value: rate, unit: 'a second', atLeast: 1 },
  ];
}

/** How long the flooded document takes to be read. */
async function readingMs(node: NodeProcess): Promise<Measure> {
  const beganAt = performance.now();
  const answer = await fetch(`${node.http}/api/documents/default/${floodedDocument}?format=update`);
  await answer.arrayBuffer();
  const value = answer.ok ? performance.now() - beganAt : Number.NaN;
  return { what: 'client: its document is read in', value, unit: 'ms', atMost: 1000 };
}
