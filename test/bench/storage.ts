import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DocumentStore } from '@hearsay/storage';
import { type NodeStoreOptions, openNodeStore } from '@hearsay/storage/node';
import { ClassicLevel } from 'classic-level';
import * as Y from 'yjs';

const secondsPerRun = 3;
const documentsAtStart = 100_000;

/**
 * Durable appends: every update validated, stored, indexed for its feed and mail, and synced before its writer sends the
 * next. Beside it what `classic-level` itself does in the same minute: the same updates as plain records, one synced
 * batch for all writers at a time.
 */
export async function benchStorage(report: (line: string) => void): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'hearsay-bench-'));
  try {
    for (const writers of [1, 10, 100]) await benchAppends(directory, writers, report);
    await benchStart(directory, report);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function benchAppends(
  directory: string,
  writers: number,
  report: (line: string) => void,
): Promise<void> {
  const raw = await rawAppends(join(directory, `raw-${writers}`), writers);
  const store = await openedStore(join(directory, `store-${writers}`));
  const typists = Array.from({ length: writers }, (_, at) => createTypist(at + 1));
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  const began = performance.now();
  const end = began + secondsPerRun * 1000;
  const counts = await Promise.all(typists.map((typist) => writeUntil(store, typist, end, latencies)));
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const appends = counts.reduce((sum, count) => sum + count, 0);
  const { batches } = store.status().counters;
  await store.close();
  const rate = appends / seconds;
  latencies.sort((a, b) => a - b);
  report(
    `${writers} writers: ${round(rate)} durable appends/s, p50 ${quantile(latencies, 0.5)} ms, p99 ${quantile(latencies, 0.99)} ms, ` +
      `${(appends / batches).toFixed(1)} a sync, ${((user + system) / appends).toFixed(0)} µs of CPU each; ` +
      `raw classic-level ${round(raw)} records/s in synced batches of ${writers}: ratio ${(rate / raw).toFixed(2)}`,
  );
}

async function writeUntil(
  store: DocumentStore,
  typist: () => Uint8Array,
  end: number,
  latencies: number[],
): Promise<number> {
  const id = { collection: 'bench', name: `document ${typistNumber++}` };
  let count = 0;
  for (let now = performance.now(); now < end; count++) {
    const receipt = await store.submit(id, typist(), { kind: 'local' });
    if (!receipt.ok) throw new Error(receipt.error.message);
    const then = now;
    now = performance.now();
    latencies.push(now - then);
  }
  return count;
}

let typistNumber = 0;

/** Types a letter at a time at the end of a text of its own. */
function createTypist(client: number): () => Uint8Array {
  const document = new Y.Doc();
  document.clientID = client;
  const text = document.getText('text');
  let last: Uint8Array = new Uint8Array(0);
  document.on('update', (update: Uint8Array) => {
    last = update;
  });
  return () => {
    text.insert(text.length, 'x');
    return last;
  };
}

async function rawAppends(location: string, writers: number): Promise<number> {
  const database = new ClassicLevel<Uint8Array, Uint8Array>(location, {
    keyEncoding: 'view',
    valueEncoding: 'view',
  });
  await database.open();
  const typists = Array.from({ length: writers }, (_, at) => createTypist(at + 1));
  const began = performance.now();
  let sequence = 0;
  while (performance.now() - began < secondsPerRun * 1000) {
    const operations = typists.map((typist) => {
      const key = Buffer.alloc(24);
      key.writeUInt32BE(++sequence, 20);
      return { type: 'put' as const, key, value: typist() };
    });
    await database.batch(operations, { sync: true });
  }
  const rate = (sequence * 1000) / (performance.now() - began);
  await database.close();
  return rate;
}

/** Opening must not depend on the number of documents. */
async function benchStart(directory: string, report: (line: string) => void): Promise<void> {
  const location = join(directory, 'start');
  const filling = await openedStore(location, { durability: 'buffered' });
  const filled = performance.now();
  for (let first = 0; first < documentsAtStart; first += 1000) {
    const receipts = Array.from({ length: 1000 }, (_, at) =>
      filling.submit(
        { collection: 'bench', name: `document ${first + at}` },
        createTypist(first + at + 1)(),
        {
          kind: 'local',
        },
      ),
    );
    for (const receipt of await Promise.all(receipts))
      if (!receipt.ok) throw new Error(receipt.error.message);
  }
  const indexed = performance.now();
  const roots = await filling.roots();
  const done = performance.now();
  report(
    `${documentsAtStart} documents: made in ${round(indexed - filled)} ms, indexed in ${round(done - indexed)} ms ` +
      `(${(((done - indexed) * 1000) / documentsAtStart).toFixed(1)} µs each, from nothing)`,
  );
  await filling.close();
  const opening = performance.now();
  const store = await openedStore(location);
  const open = performance.now();
  const again = await store.roots();
  const rooted = performance.now();
  if (again[0]?.digest !== roots[0]?.digest) throw new Error('another root after opening');
  const { rss } = process.memoryUsage();
  report(
    `${documentsAtStart} documents: opened in ${(open - opening).toFixed(1)} ms, roots after ${(rooted - open).toFixed(1)} ms more, ` +
      `${round(rss / 1_048_576)} MB resident, ${store.status().counters.indexedDocuments} documents read`,
  );
  await store.close();
}

async function openedStore(
  directory: string,
  overrides: Partial<NodeStoreOptions> = {},
): Promise<DocumentStore> {
  const store = await openNodeStore({
    directory,
    cluster: 'bench',
    clock: { now: () => Date.now() },
    timers: {
      set(delayMs, fire) {
        const timer = setTimeout(fire, delayMs);
        return () => clearTimeout(timer);
      },
    },
    ...overrides,
  });
  if (!store.ok) throw new Error(store.error.message);
  return store.value;
}

function quantile(sorted: readonly number[], share: number): string {
  return (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2);
}

function round(value: number): string {
  return Math.round(value).toLocaleString('en');
}
