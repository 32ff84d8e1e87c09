import { type Digest, type DocumentKey, sha256, toHex, utf8Encode } from '@hearsay/core';
import { updateIndex } from './index-update.ts';
import { memoryNodes } from './memory-nodes.ts';
import type { IndexRoot, NodeStore } from './node-store.ts';
import { answerWalk } from './walk-answer.ts';
import { compareWalk, questionWalk } from './walk-ask.ts';
import { encodeWalkAnswer, encodeWalkQuestion } from './walk-codec.ts';
import { type Difference, maxQuestionPaths, walkStart } from './walk-messages.ts';

/** Well spread, as keys of documents are. */
export function testKey(n: number): DocumentKey {
  return toHex(sha256(utf8Encode(`key ${n}`)).subarray(0, 16)) as DocumentKey;
}

export function testDigest(n: number | string): Digest {
  return toHex(sha256(utf8Encode(`digest ${n}`)).subarray(0, 16)) as Digest;
}

export async function apply(
  store: NodeStore,
  changes: Iterable<readonly [DocumentKey, Digest | null]>,
): Promise<IndexRoot> {
  const update = await updateIndex(store, new Map(changes));
  await store.write(update.writes);
  return update.root;
}

export async function indexOf(content: Iterable<readonly [DocumentKey, Digest]>): Promise<NodeStore> {
  const store = memoryNodes();
  await apply(store, content);
  return store;
}

export interface WalkReport {
  readonly differences: readonly Difference[];
  readonly bytes: number;
  readonly roundTrips: number;
}

/** Walks as two peers would, counting encoded bytes both ways. */
export async function walk(asker: NodeStore, answerer: NodeStore, maxBytes: number): Promise<WalkReport> {
  const differences: Difference[] = [];
  let paths: readonly string[] = walkStart;
  let bytes = 0;
  let roundTrips = 0;
  while (paths.length > 0) {
    const question = await questionWalk(asker, paths.slice(-maxQuestionPaths));
    const answer = await answerWalk(answerer, question, maxBytes);
    const step = await compareWalk(asker, question, answer);
    bytes += encodeWalkQuestion(question).byteLength + encodeWalkAnswer(answer).byteLength;
    roundTrips++;
    differences.push(...step.differences);
    paths = [...paths.slice(0, -maxQuestionPaths), ...step.ask];
  }
  return { differences, bytes, roundTrips };
}
