import {
  type ByteReader,
  ByteWriter,
  type DecodeError,
  type Digest,
  decode,
  digestBytes,
  failDecode,
  fromHex,
  type Result,
  toHex,
} from '@hearsay/core';
import { hasChild, readBitmap, writeBitmap } from './inner-node.ts';
import { leafBytes, leafEntries, leafOf, packEntries, readLeaf, unpackEntries } from './leaf.ts';
import { maxPathDigits } from './node.ts';
import type { NodePath } from './node-store.ts';
import {
  type AnswerNode,
  maxAnswerNodes,
  maxQuestionPaths,
  type QuestionNode,
  type WalkAnswer,
  type WalkQuestion,
} from './walk-messages.ts';

const leafTag = 0;
const innerTag = 1;

export function encodeWalkQuestion(question: WalkQuestion): Uint8Array {
  const writer = new ByteWriter(1024).varUint(question.nodes.length);
  for (const { path, children } of question.nodes) {
    writePath(writer, path);
    writer.byte(children === null ? leafTag : innerTag);
    if (children !== null) writeChildren(writer, children);
  }
  return writer.finish();
}

export function decodeWalkQuestion(bytes: Uint8Array): Result<WalkQuestion, DecodeError> {
  return decode(bytes, (reader) => {
    const nodes = readList(reader, maxQuestionPaths, readQuestionNode);
    for (const [index, { path }] of nodes.entries()) {
      if (index > 0 && path <= (nodes[index - 1]?.path ?? '')) failDecode('paths out of order');
    }
    return { nodes };
  });
}

export function encodeWalkAnswer(answer: WalkAnswer): Uint8Array {
  const writer = new ByteWriter(4096).varUint(answer.nodes.length);
  for (const node of answer.nodes) {
    writePath(writer, node.path);
    if (node.kind === 'inner') {
      writer.byte(innerTag);
      writeChildren(writer, node.children);
    } else {
      writer.byte(leafTag);
      writer.bytes(leafOf(node.path, packEntries(node.entries)).encoded);
    }
  }
  writer.varUint(answer.unanswered.length);
  for (const path of answer.unanswered) writePath(writer, path);
  return writer.finish();
}

export function decodeWalkAnswer(bytes: Uint8Array): Result<WalkAnswer, DecodeError> {
  return decode(bytes, (reader) => ({
    nodes: readList(reader, maxAnswerNodes, readAnswerNode),
    unanswered: readList(reader, maxQuestionPaths, readPath),
  }));
}

/** What a node takes of an encoded answer. */
export function answerNodeBytes(node: AnswerNode): number {
  const body =
    node.kind === 'inner'
      ? 2 + node.children.filter((child) => child !== null).length * digestBytes
      : leafBytes(node.path, node.entries.length);
  return 1 + Math.ceil(node.path.length / 2) + 1 + body;
}

function readList<T>(reader: ByteReader, max: number, read: (reader: ByteReader) => T): T[] {
  const count = reader.varUint(max);
  return Array.from({ length: count }, () => read(reader));
}

function readQuestionNode(reader: ByteReader): QuestionNode {
  const path = readPath(reader);
  return { path, children: readTag(reader, path) === innerTag ? readChildren(reader) : null };
}

function readAnswerNode(reader: ByteReader): AnswerNode {
  const path = readPath(reader);
  return readTag(reader, path) === innerTag
    ? { kind: 'inner', path, children: readChildren(reader) }
    : { kind: 'leaf', path, entries: unpackEntries(leafEntries(path, readLeaf(reader, path))) };
}

function readTag(reader: ByteReader, path: NodePath): number {
  const tag = reader.byte();
  if (tag !== leafTag && tag !== innerTag) failDecode(`unknown node tag ${tag}`);
  if (tag === innerTag && path.length >= maxPathDigits) failDecode('no inner node stands so deep');
  return tag;
}

/** Number of digits, then two digits a byte; the last byte of an odd path ends in a zero digit. */
function writePath(writer: ByteWriter, path: NodePath): void {
  writer.byte(path.length).bytes(fromHex(path.length % 2 === 0 ? path : `${path}0`));
}

function readPath(reader: ByteReader): NodePath {
  const length = reader.byte();
  if (length > maxPathDigits) failDecode(`a path of ${length} digits`);
  const digits = toHex(reader.bytes(Math.ceil(length / 2)));
  if (length % 2 === 1 && !digits.endsWith('0')) failDecode('more digits than the path has');
  return digits.slice(0, length);
}

/** A bitmap of the children there are, then their digests. */
function writeChildren(writer: ByteWriter, children: readonly (Digest | null)[]): void {
  writeBitmap(
    writer,
    children.map((child) => child !== null),
  );
  for (const child of children) if (child !== null) writer.bytes(fromHex(child));
}

function readChildren(reader: ByteReader): (Digest | null)[] {
  const bitmap = readBitmap(reader);
  return Array.from({ length: 16 }, (_, digit) =>
    hasChild(bitmap, digit) ? (toHex(reader.bytes(digestBytes)) as Digest) : null,
  );
}
