import { setTimeout as delay } from 'node:timers/promises';
import { Cluster, statusOf, testSecret } from '../cluster/cluster.ts';
import { prefill } from '../cluster/prefill.ts';
import { runCommand } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import type { NodeProcess } from '../support/node-process.ts';
import { peakMemoryMiB } from '../support/process-figures.ts';
import { SteadyClients } from './flood/steady-clients.ts';
import type { Measure, Trial, TrialOptions } from './trial.ts';

/** An operator deletes many documents, and brings them back, while clients write. */
export const deletions: Trial = {
  about: '100,000 documents are deleted with one command, and 10,000 brought back, while ten clients write',
  async run(options) {
    const cluster = new Cluster();
    try {
      return await deleteMany(cluster, options);
    } finally {
      await cluster.end();
    }
  },
};

const fullDocuments = 100_000;
/** The first 10,000 of them. */
const broughtBackPrefix = 'document-00';
const quietMs = 20_000;
const mostMs = 100;

async function deleteMany(cluster: Cluster, { scale, say }: TrialOptions): Promise<readonly Measure[]> {
  const documents = Math.max(20, Math.round(fullDocuments * scale));
  const directories = await Promise.all([cluster.directory(), cluster.directory()]);
  for (const directory of directories) await prefill(directory, documents);
  say(`${documents} documents are on the disks of two nodes`);
  const [data = '', peerData = ''] = directories;
  const node = await cluster.node({ data });
  const peer = await cluster.node({ data: peerData, join: [node.url] });
  const [own, others] = [node, peer].map((each, at) => {
    const names = Array.from({ length: 10 }, (_, client) => `client-${at}-${client}`);
    const clients = new SteadyClients(each.url, names, 250);
    cluster.after(() => clients.end());
    return clients;
  });
  if (own === undefined || others === undefined) throw new Error('no clients');
  await own.untilOpen();
  await others.untilOpen();
  await delay(2000 * scale);
  own.mark();
  others.mark();
  await delay(quietMs * scale);
  const measures = [...latencies('before', own, others)];
  const run = async (command: 'delete' | 'undelete', prefix: string, left: number): Promise<void> => {
    own.mark();
    others.mark();
    const beganAt = performance.now();
    const flags = ['--prefix', prefix, '--yes', '--node', node.http];
    const outcome = await runCommand([command, ...flags], { HEARSAY_SECRET: testSecret });
    if (outcome.exitCode !== 0) throw new Error(outcome.stderr);
    const seconds = (performance.now() - beganAt) / 1000;
    await eventually(
      'the peer to have done the same',
      async () => (await living(peer)) === left && (await living(node)) === left,
      120_000,
    );
    say(`${outcome.stdout.trim()} in ${seconds.toFixed(1)} s`);
    measures.push({ what: `${command}: took`, value: seconds, unit: 's' });
    measures.push(...latencies(command, own, others));
  };
  await run('delete', 'document-', 0);
  const back = Math.min(documents, 10_000);
  await run('undelete', broughtBackPrefix, back);
  const [status, peerStatus] = await Promise.all([statusOf(node), statusOf(peer)]);
  const damaged = status.damaged.length + peerStatus.damaged.length;
  return [
    ...measures,
    { what: 'clients put out', value: own.lost + others.lost, unit: '', atMost: 0 },
    { what: 'documents damaged', value: damaged, unit: '', atMost: 0 },
    { what: 'memory of the node', value: await peakMemoryMiB(node.pid() ?? 0), unit: 'MiB', atMost: 512 },
    { what: 'memory of the peer', value: await peakMemoryMiB(peer.pid() ?? 0), unit: 'MiB', atMost: 512 },
  ];
}

function latencies(when: string, own: SteadyClients, others: SteadyClients): Measure[] {
  const isLimited = when !== 'before' && { atMost: mostMs };
  return [
    { what: `${when}: acknowledgements`, value: own.acknowledged + others.acknowledged, unit: '' },
    { what: `${when}: p99 of clients of the node`, value: own.percentile(99), unit: 'ms', ...isLimited },
    { what: `${when}: p99 of clients of its peer`, value: others.percentile(99), unit: 'ms', ...isLimited },
    {
      what: `${when}: longest of both`,
      value: Math.max(own.percentile(100), others.percentile(100)),
      unit: 'ms',
    },
  ];
}

/** Documents of the trial that live on a node: 10,000 at most are counted. */
async function living(node: NodeProcess): Promise<number> {
  let count = 0;
  for (let after: string | null = ''; after !== null && count < 10_000; ) {
    const query = new URLSearchParams({ prefix: 'document-', after, limit: '1000' });
    const page = (await (await fetch(`${node.http}/api/documents?${query}`)).json()) as {
      readonly documents: readonly unknown[];
      readonly next: string | null;
    };
    count += page.documents.length;
    after = page.next;
  }
  return count;
}
