import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, type Digest, type DocumentKey, type Random, toHex } from '@hearsay/core';
import {
  answerWalk,
  compareWalk,
  encodeWalkAnswer,
  encodeWalkQuestion,
  type IndexUpdate,
  type NodeStore,
  questionWalk,
  readRoot,
  updateIndex,
  walkStart,
} from '@hearsay/merkle';
import { ClassicLevel } from 'classic-level';

type Level = ClassicLevel<Uint8Array, Uint8Array>;
const views = { keyEncoding: 'view', valueEncoding: 'view' } as const;

/** Index update and difference at 10 k, 100 k and 1 M documents, with the nodes in a real LevelDB. */
export async function benchMerkle(report: (line: string) => void): Promise<void> {
  for (const documents of [10_000, 100_000, 1_000_000]) {
    const directory = await mkdtemp(join(tmpdir(), 'hearsay-bench-index-'));
    try {
      await benchSize(documents, directory, report);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
}

async function benchSize(
  documents: number,
  directory: string,
  report: (line: string) => void,
): Promise<void> {
  const random = createRandom(`index of ${documents}`);
  report(`${documents.toLocaleString('en')} documents`);
  const keys = Array.from({ length: documents }, () => toHex(random.bytes(16)) as DocumentKey);
  const [mine, theirs] = [join(directory, 'mine'), join(directory, 'theirs')];
  let database = await open(mine);
  let store = levelNodes(database);
  const built = await measure(async () => {
    for (let from = 0; from < documents; from += 10_000) {
      await apply(
        store,
        keys.slice(from, from + 10_000).map((key) => [key, digest(random)]),
      );
    }
  });
  report(
    `  build            ${(built.cpuMicros / documents).toFixed(1)} µs CPU a document, in batches of 10,000`,
  );
  for (const batch of [1, 100, 1000]) {
    const batches = batch === 1 ? 500 : 20;
    const updated = await measure(async () => {
      for (let i = 0; i < batches; i++) {
        await apply(
          store,
          Array.from({ length: batch }, () => [keys[random.below(documents)] as DocumentKey, digest(random)]),
        );
      }
    });
    const micros = updated.cpuMicros / (batches * batch);
    report(`  update           ${micros.toFixed(1)} µs CPU a document, in batches of ${batch}`);
  }
  await database.close();
  const started = performance.now();
  database = await open(mine);
  store = levelNodes(database);
  await readRoot(store);
  report(`  start            ${(performance.now() - started).toFixed(0)} ms to the root of an index on disk`);
  await benchDifferences(documents, keys, store, theirs, random, report);
  await database.close();
}

async function benchDifferences(
  documents: number,
  keys: readonly DocumentKey[],
  mine: NodeStore,
  directory: string,
  random: Random,
  report: (line: string) => void,
): Promise<void> {
  const database = await open(directory);
  const theirs = levelNodes(database);
  await copy(mine, theirs);
  let scattered = 0;
  for (const wanted of [1, 10, 100, 1000]) {
    await apply(
      theirs,
      Array.from({ length: wanted - scattered }, () => [
        keys[random.below(documents)] as DocumentKey,
        digest(random),
      ]),
    );
    scattered = wanted;
    let bytes = 0;
    let found = 0;
    let roundTrips = 0;
    const walked = await measure(async () => {
      let paths: readonly string[] = walkStart;
      while (paths.length > 0) {
        const question = await questionWalk(mine, paths);
        const answer = await answerWalk(theirs, question, 1_000_000);
        const step = await compareWalk(mine, question, answer);
        bytes += encodeWalkQuestion(question).byteLength + encodeWalkAnswer(answer).byteLength;
        found += step.differences.length;
        roundTrips++;
        paths = step.ask;
      }
    });
    report(
      `  ${`${found} differences`.padEnd(17)}${Math.round(bytes / found)} B each, ${roundTrips} round trips, ` +
        `${(walked.cpuMicros / 1000).toFixed(1)} ms CPU on both sides`,
    );
  }
  await database.close();
}

async function open(directory: string): Promise<Level> {
  const database = new ClassicLevel<Uint8Array, Uint8Array>(directory, views);
  await database.open();
  return database;
}

function levelNodes(database: Level): NodeStore {
  const encoder = new TextEncoder();
  return {
    get: (path) => database.get(encoder.encode(`n${path}`)),
    write: (writes) =>
      database.batch(
        [...writes].map(([path, node]) =>
          node === null
            ? { type: 'del' as const, key: encoder.encode(`n${path}`) }
            : { type: 'put' as const, key: encoder.encode(`n${path}`), value: node },
        ),
      ),
  };
}

/** Copies an index node by node. */
async function copy(from: NodeStore, to: NodeStore): Promise<void> {
  const writes = new Map<string, Uint8Array | null>();
  const visit = async (path: string): Promise<void> => {
    const node = await from.get(path);
    if (node === undefined) return;
    writes.set(path, node);
    if (node[0] === 1) for (let digit = 0; digit < 16; digit++) await visit(path + digit.toString(16));
  };
  await visit('');
  await to.write(writes);
}

async function apply(store: NodeStore, changes: readonly (readonly [DocumentKey, Digest])[]): Promise<void> {
  const update: IndexUpdate = await updateIndex(store, new Map(changes));
  await store.write(update.writes);
}

function digest(random: Random): Digest {
  return toHex(random.bytes(16)) as Digest;
}

async function measure(run: () => Promise<void>): Promise<{ readonly cpuMicros: number }> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return { cpuMicros: user + system };
}
