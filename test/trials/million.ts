import { openNodeStore } from '@hearsay/storage/node';
import * as Y from 'yjs';
import { Cluster, statusOf } from '../cluster/cluster.ts';
import type { NodeProcess } from '../support/node-process.ts';
import { memoryMiB } from '../support/process-figures.ts';
import type { Measure, Trial, TrialOptions } from './trial.ts';
import { ManyDocuments } from './watched/many-documents.ts';

const fullDocuments = 1_000_000;
/** One in a hundred is used. */
const activeShare = 0.01;
const documentsPerSocket = 1000;

/** A node with a million documents, of which few are used: what it takes to start, and to keep. */
export const million: Trial = {
  about: 'a million documents: start after a stop and after a kill, and memory while 10,000 of them are used',
  async run(options) {
    const cluster = new Cluster();
    try {
      const data = await cluster.directory();
      const documents = Math.round(fullDocuments * options.scale);
      await fill(data, documents, options);
      return await use(cluster, data, documents, options);
    } finally {
      await cluster.end();
    }
  },
};

async function fill(directory: string, documents: number, { say, signal }: TrialOptions): Promise<void> {
  const opened = await openNodeStore({
    directory,
    cluster: 'test',
    durability: 'buffered',
    clock: { now: () => Date.now() },
    timers: {
      set(delayMs, fire) {
        const timer = setTimeout(fire, delayMs);
        return () => clearTimeout(timer);
      },
    },
  });
  if (!opened.ok) throw new Error(opened.error.message);
  const store = opened.value;
  const beganAt = performance.now();
  const told = Math.max(1000, Math.round(documents / 10));
  for (let first = 0; first < documents && !signal.aborted; first += 1000) {
    const receipts = Array.from({ length: Math.min(1000, documents - first) }, (_, at) =>
      store.submit({ collection: 'default', name: nameOf(first + at) }, paragraph(first + at), {
        kind: 'local',
      }),
    );
    for (const receipt of await Promise.all(receipts))
      if (!receipt.ok) throw new Error(receipt.error.message);
    const made = Math.min(first + 1000, documents);
    if (made % told === 0) {
      const seconds = (performance.now() - beganAt) / 1000;
      say(`${made.toLocaleString('en')} documents after ${seconds.toFixed(0)} s`);
    }
  }
  await store.roots();
  await store.close();
}

function nameOf(number: number): string {
  return `document ${number}`;
}

function paragraph(number: number): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = number + 1;
  doc.getText('text').insert(0, `The ${number}th document holds about as much as a short note does.`);
  const update = Y.encodeStateAsUpdate(doc);
  doc.destroy();
  return update;
}

async function use(
  cluster: Cluster,
  data: string,
  documents: number,
  { scale, say }: TrialOptions,
): Promise<readonly Measure[]> {
  const startedAt = performance.now();
  const node = await cluster.node({ data });
  const startMs = performance.now() - startedAt;
  const found = (await statusOf(node)).documents;
  const memory = (): Promise<number> => memoryMiB(node.pid() ?? 0);
  const rested = await memory();
  say(`ready after ${(startMs / 1000).toFixed(1)} s, with ${rested.toFixed(0)} MiB`);
  const active = Math.round(documents * activeShare);
  const sockets = await openAll(node, active, documents);
  const busy = await memory();
  say(`${active.toLocaleString('en')} documents are open and written to, ${busy.toFixed(0)} MiB`);
  for (const socket of sockets) await socket.end();
  await node.stop('SIGKILL');
  const killedAt = performance.now();
  await node.start();
  const againMs = performance.now() - killedAt;
  const again = (await statusOf(node)).documents;
  return [
    { what: 'documents', value: found, unit: '', atLeast: documents },
    { what: 'ready after', value: startMs / 1000, unit: 's', atMost: 30 },
    { what: 'memory once ready', value: rested, unit: 'MiB', atMost: 256 },
    { what: 'open and written to', value: active, unit: 'documents' },
    {
      what: 'memory for each of these',
      value: ((busy - rested) * 1024) / active,
      unit: 'KiB',
      // Of a few, it is what the first request of all takes.
      ...(scale === 1 && { atMost: 32 }),
    },
    { what: 'ready again after a kill after', value: againMs / 1000, unit: 's', atMost: 30 },
    { what: 'documents after the kill', value: again, unit: '', atLeast: documents },
    { what: 'memory after the kill', value: await memory(), unit: 'MiB', atMost: 256 },
  ];
}

/** Spread over all of them, so that the index is read everywhere. */
async function openAll(node: NodeProcess, active: number, documents: number): Promise<ManyDocuments[]> {
  const sockets: ManyDocuments[] = [];
  const step = Math.floor(documents / active);
  for (let first = 0; first < active; first += documentsPerSocket) {
    const socket = await ManyDocuments.connect(node.url);
    sockets.push(socket);
    const names = Array.from({ length: Math.min(documentsPerSocket, active - first) }, (_, at) =>
      nameOf((first + at) * step),
    );
    await Promise.all(names.map((name) => socket.write(name)));
  }
  return sockets;
}
