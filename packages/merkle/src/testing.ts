import {
  type DecodeError,
  type Digest,
  type DocumentKey,
  type Result,
  sha256,
  toHex,
  utf8Encode,
} from '@hearsay/core';
import fc from 'fast-check';
import { updateIndex } from './index-update.ts';
import { memoryNodes } from './memory-nodes.ts';
import type { IndexRoot, NodeReader, NodeStore } from './node-store.ts';
import { answerWalk } from './walk-answer.ts';
import { compareWalk, questionWalk } from './walk-ask.ts';
import { decodeWalkAnswer, decodeWalkQuestion, encodeWalkAnswer, encodeWalkQuestion } from './walk-codec.ts';
import { type Difference, maxQuestionPaths, walkStart } from './walk-messages.ts';

export type TestChange = readonly [DocumentKey, Digest | null];
export type TestContent = ReadonlyMap<DocumentKey, Digest>;

/** Well spread, as keys of documents are. */
export function testKey(n: number): DocumentKey {
  return toHex(sha256(utf8Encode(`key ${n}`)).subarray(0, 16)) as DocumentKey;
}

/** They differ in the last digits only: the deepest trees there can be. */
export function deepKey(n: number): DocumentKey {
  return n.toString(16).padStart(32, '0') as DocumentKey;
}

export function testDigest(n: number | string): Digest {
  return toHex(sha256(utf8Encode(`digest ${n}`)).subarray(0, 16)) as Digest;
}

export function testContent(count: number): (readonly [DocumentKey, Digest])[] {
  return Array.from({ length: count }, (_, n) => [testKey(n), testDigest(n)] as const);
}

/** Few keys, spread and deep ones, so that changes meet and nodes split and merge many times. */
export const anyKey: fc.Arbitrary<DocumentKey> = fc.oneof(
  fc.nat({ max: 90 }).map(testKey),
  fc.nat({ max: 60 }).map(deepKey),
);
export const anyDigest: fc.Arbitrary<Digest> = fc.nat({ max: 5 }).map(testDigest);
export const anyChange: fc.Arbitrary<TestChange> = fc.tuple(
  anyKey,
  fc.option(anyDigest, { freq: 2, nil: null }),
);
const anyBatch: fc.Arbitrary<TestChange[]> = fc.oneof(
  fc.array(anyChange, { maxLength: 40 }),
  fc.array(fc.tuple(anyKey, anyDigest), { maxLength: 150 }),
  fc.array(fc.tuple(anyKey, fc.constant(null)), { maxLength: 300 }),
);
export const anyHistory: fc.Arbitrary<TestChange[][]> = fc.array(anyBatch, { maxLength: 8 });

export async function apply(store: NodeStore, changes: Iterable<TestChange>): Promise<IndexRoot> {
  const update = await updateIndex(store, new Map(changes));
  await store.write(update.writes);
  return update.root;
}

export async function indexOf(content: Iterable<TestChange>): Promise<NodeStore> {
  const store = memoryNodes();
  await apply(store, content);
  return store;
}

export interface WalkReport {
  /** Ascending by key. */
  readonly differences: readonly Difference[];
  readonly bytes: number;
  readonly roundTrips: number;
}

/** Walks as two peers would, counting encoded bytes both ways. */
export async function walk(
  asker: NodeReader,
  answerer: NodeReader,
  maxBytes: number,
  pathsAtOnce: number = maxQuestionPaths,
  betweenTurns: () => Promise<void> = async () => {},
): Promise<WalkReport> {
  const differences: Difference[] = [];
  let waiting = [...walkStart];
  let bytes = 0;
  let roundTrips = 0;
  while (waiting.length > 0) {
    const question = await questionWalk(asker, waiting.splice(-pathsAtOnce));
    const asked = encodeWalkQuestion(question);
    await betweenTurns();
    const answered = encodeWalkAnswer(
      await answerWalk(answerer, received(decodeWalkQuestion(asked)), maxBytes),
    );
    await betweenTurns();
    const step = await compareWalk(asker, question, received(decodeWalkAnswer(answered)));
    bytes += asked.byteLength + answered.byteLength;
    roundTrips++;
    differences.push(...step.differences);
    waiting = [...waiting, ...step.ask];
  }
  differences.sort((a, b) => (a.key < b.key ? -1 : 1));
  return { differences, bytes, roundTrips };
}

/** The differences as plain maps have them. */
export function mapDifferences(mine: TestContent, theirs: TestContent): Difference[] {
  const keys = [...new Set([...mine.keys(), ...theirs.keys()])].sort();
  return keys
    .map((key) => ({ key, mine: mine.get(key) ?? null, theirs: theirs.get(key) ?? null }))
    .filter((difference) => difference.mine !== difference.theirs);
}

function received<T>(result: Result<T, DecodeError>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
