import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { yWebsocket } from '../bench/fan-out/frames.ts';
import { Cluster, statusOf } from '../cluster/cluster.ts';
import { eventually } from '../support/eventually.ts';
import type { Measure, Trial, TrialOptions } from './trial.ts';
import { ManyDocuments } from './watched/many-documents.ts';
import type { NodeFigures } from './watched/messages.ts';
import { slopeOf } from './watched/slope.ts';
import { startWatchedNode, type WatchedNode } from './watched/watched-node.ts';

const fullCycles = 120_000;
const cyclesPerMinute = 10_000;
/** What fills at first is no leak: 50,000 documents that were used last stay in memory. */
const warmUpShare = 0.5;
const samples = 40;

/** Documents are opened and closed all the time, each with an edit, over sockets of their own and over shared ones. */
export const churn: Trial = {
  about:
    '10,000 documents are opened, written to and closed a minute, for 12 minutes: nothing is left of them',
  async run(options) {
    const cluster = new Cluster();
    try {
      const node = await startWatchedNode(await cluster.directory());
      cluster.after(() => node.end());
      return await measure(node, options);
    } finally {
      await cluster.end();
    }
  },
};

async function measure(node: WatchedNode, { scale, signal, say }: TrialOptions): Promise<readonly Measure[]> {
  const cycles = Math.round(fullCycles * scale);
  const idle = await node.figures();
  const left = ({ resources }: NodeFigures, kind: string): number =>
    (resources[kind] ?? 0) - (idle.resources[kind] ?? 0);
  const shared = await ManyDocuments.connect(node.url);
  const figures: { readonly at: number; readonly figures: NodeFigures }[] = [];
  const beganAt = performance.now();
  const each = Math.max(1, Math.round(cycles / samples));
  let at = 0;
  while (at < cycles && !signal.aborted) {
    const until = Math.min(cycles, at + each);
    const todo: Promise<void>[] = [];
    for (; at < until; at++) {
      todo.push(at % 2 === 0 ? bySocket(node.url, at) : byDocument(shared, at));
      if (todo.length >= concurrent) await Promise.all(todo.splice(0));
      await delay(Math.max(0, beganAt + (at * 60_000) / cyclesPerMinute - performance.now()));
    }
    await Promise.all(todo);
    const now = await node.figures();
    figures.push({ at, figures: now });
    say(
      `${at.toLocaleString('en')} cycles: ${now.heapMiB.toFixed(1)} MiB of heap, ${now.buffersMiB.toFixed(1)} of buffers, ` +
        `${now.residentMiB.toFixed(0)} in all`,
    );
  }
  const minutes = (performance.now() - beganAt) / 60_000;
  await shared.end();
  const gone = async (): Promise<boolean> => {
    const { connections, documents } = (await statusOf(node)).clients;
    return connections === 0 && documents === 0;
  };
  await eventually('all clients to be gone', gone);
  // The connection that asked for the status is kept for a few seconds.
  await eventually(
    'its own sockets to be gone',
    async () => left(await node.figures(), 'TCPSocketWrap') <= 0,
  );
  const last = await node.figures();
  const warm = figures.filter((sample) => sample.at >= cycles * warmUpShare);
  const slope = (of: (figures: NodeFigures) => number): number =>
    slopeOf(warm.map((sample) => [sample.at / 10_000, of(sample.figures)]));
  const stopped = await node.stop();
  return [
    { what: 'opened and closed', value: at, unit: 'documents' },
    { what: 'a minute', value: at / minutes, unit: 'documents', ...(scale === 1 && { atLeast: 9500 }) },
    {
      what: 'held more for each 10,000',
      value: slope(({ heapMiB, buffersMiB }) => heapMiB + buffersMiB),
      unit: 'MiB',
      // On a smaller scale it is what fills at first.
      ...(scale === 1 && { atMost: 1 }),
    },
    { what: 'resident more for each 10,000', value: slope(({ residentMiB }) => residentMiB), unit: 'MiB' },
    { what: 'sockets left', value: left(last, 'TCPSocketWrap'), unit: '', atMost: 0 },
    { what: 'timers left', value: left(last, 'Timeout'), unit: '', atMost: 0 },
    { what: 'timers left once stopped', value: stopped['Timeout'] ?? 0, unit: '', atMost: 0 },
    { what: 'event loop held up at most', value: longest(figures), unit: 'ms' },
  ];
}

const concurrent = 40;

function longest(figures: readonly { readonly figures: NodeFigures }[]): number {
  return Math.max(...figures.map((sample) => sample.figures.longestLagMs));
}

async function byDocument(client: ManyDocuments, at: number): Promise<void> {
  // Always another: one that is written to again and again has more to remember each time.
  const name = `shared ${at}`;
  await client.write(name);
  client.close(name);
}

/** The whole life of a client of y-websocket: it asks, is asked, answers, and goes. */
async function bySocket(url: string, at: number): Promise<void> {
  const name = `own-${at}`;
  const socket = new WebSocket(`${url}${yWebsocket.path(name)}`, { perMessageDeflate: false });
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  socket.on('message', (frame: Buffer) => {
    const answer = yWebsocket.answer(frame);
    if (answer === undefined) return;
    socket.send(answer);
    socket.close();
  });
  await once(socket, 'open');
  for (const frame of yWebsocket.opening(name)) socket.send(frame);
  await closed;
}
