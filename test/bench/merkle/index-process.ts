import { readFileSync } from 'node:fs';
import { type Digest, type DocumentKey, documentKey, sha256, toHex, utf8Encode } from '@hearsay/core';
import {
  answerWalk,
  compareWalk,
  decodeWalkAnswer,
  decodeWalkQuestion,
  encodeWalkAnswer,
  encodeWalkQuestion,
  maxQuestionPaths,
  type NodeReader,
  questionWalk,
  readRoot,
  updateIndex,
  walkStart,
} from '@hearsay/merkle';
import { type LevelNodes, openLevelNodes, overlay } from './level-nodes.ts';

/** Updates measured for each batch size: enough for the garbage collector and LevelDB's compaction to show. */
const measuredUpdates = 20_000;
const batchSizes = [1, 100, 1000];
const differenceCounts = [1, 10, 100, 1000];
const answerBytes = 256 * 1024;

/** What one process measured; sent to the one that started it. Memory is what the open index added to the process. */
export interface IndexMeasurements extends Memory {
  readonly startUpMs: number;
  readonly updates: readonly { batch: number; updateMicros: number; writeMicros: number; nodes: number }[];
  readonly walks: readonly { differences: number; bytes: number; roundTrips: number; cpuMs: number }[];
}

export type IndexTask = 'build' | 'measure';

const [task, directory, size] = process.argv.slice(2);
if (process.send !== undefined && directory !== undefined) {
  const result =
    task === 'build' ? await build(directory, Number(size)) : await measure(directory, Number(size));
  process.send(result);
  process.disconnect();
}

async function build(directory: string, documents: number): Promise<null> {
  const nodes = await openLevelNodes(directory);
  for (let start = 0; start < documents; start += 10_000) {
    await nodes.write((await updateIndex(nodes, changes(start, 10_000, 1, documents, 'first'))).writes);
  }
  await nodes.close();
  return null;
}

async function measure(directory: string, documents: number): Promise<IndexMeasurements> {
  const before = memory();
  const opened = performance.now();
  const nodes = await openLevelNodes(directory);
  const { count } = await readRoot(nodes);
  const startUpMs = performance.now() - opened;
  if (count !== documents) throw new Error(`${count} of ${documents} documents are in the index`);
  const walks = [];
  for (const differences of differenceCounts) walks.push(await measureWalk(nodes, documents, differences));
  const updates = [];
  for (const batch of batchSizes) updates.push(await measureUpdates(nodes, documents, batch));
  const after = memory();
  await nodes.close();
  return {
    startUpMs,
    heldBytes: after.heldBytes - before.heldBytes,
    residentBytes: after.residentBytes - before.residentBytes,
    updates,
    walks,
  };
}

async function measureUpdates(
  nodes: LevelNodes,
  documents: number,
  batch: number,
): Promise<IndexMeasurements['updates'][number]> {
  const rounds = Math.max(10, Math.min(4000, measuredUpdates / batch));
  let update = 0;
  let write = 0;
  let written = 0;
  for (let round = 0; round < rounds; round++) {
    const next = changes(round * batch, batch, 7919, documents, `batch ${batch}`);
    const started = cpuMicros();
    const { writes } = await updateIndex(nodes, next);
    const updated = cpuMicros();
    await nodes.write(writes);
    write += cpuMicros() - updated;
    update += updated - started;
    written += writes.size;
  }
  const updates = rounds * batch;
  return { batch, updateMicros: update / updates, writeMicros: write / updates, nodes: written / updates };
}

async function measureWalk(
  mine: NodeReader,
  documents: number,
  differences: number,
): Promise<IndexMeasurements['walks'][number]> {
  const { writes } = await updateIndex(mine, changes(0, differences, 104_729, documents, 'elsewhere'));
  const theirs = overlay(mine, writes);
  const started = cpuMicros();
  let bytes = 0;
  let roundTrips = 0;
  let found = 0;
  let waiting = [...walkStart];
  while (waiting.length > 0) {
    const question = await questionWalk(mine, waiting.splice(-maxQuestionPaths));
    const asked = encodeWalkQuestion(question);
    const received = decodeWalkQuestion(asked);
    if (!received.ok) throw new Error(received.error.message);
    const answered = encodeWalkAnswer(await answerWalk(theirs, received.value, answerBytes));
    const answer = decodeWalkAnswer(answered);
    if (!answer.ok) throw new Error(answer.error.message);
    const step = await compareWalk(mine, question, answer.value);
    bytes += asked.byteLength + answered.byteLength;
    roundTrips++;
    found += step.differences.length;
    waiting = [...waiting, ...step.ask];
  }
  if (found !== differences) throw new Error(`${found} of ${differences} differences found`);
  return { differences, bytes, roundTrips, cpuMs: (cpuMicros() - started) / 1000 };
}

/** `count` documents from `start` on, `stride` apart: a prime far from the size scatters them. */
function changes(
  start: number,
  count: number,
  stride: number,
  documents: number,
  digest: string,
): Map<DocumentKey, Digest> {
  const changed = new Map<DocumentKey, Digest>();
  for (let n = start; n < start + count; n++) {
    const name = `document ${(n * stride) % documents}`;
    const key = documentKey({ collection: 'default', name });
    changed.set(key, toHex(sha256(utf8Encode(`${digest} ${n}`)).subarray(0, 16)) as Digest);
  }
  return changed;
}

interface Memory {
  /** By JavaScript, the kept nodes among it. */
  readonly heldBytes: number;
  /** By the whole process, LevelDB's buffers and the collector's reserve too; not the files that LevelDB maps. */
  readonly residentBytes: number;
}

/** After a collection where the process may ask for one. */
function memory(): Memory {
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heldBytes: heapUsed + external, residentBytes: anonymousBytes() ?? rss };
}

function anonymousBytes(): number | undefined {
  try {
    const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined; // not Linux
  }
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
