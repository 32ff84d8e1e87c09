import {
  type ByteReader,
  ByteWriter,
  type DecodeError,
  type Digest,
  decode,
  failDecode,
  fromHex,
  type Result,
} from '@hearsay/core';
import { keyDigits, readDigest, readEntries } from './node.ts';
import type { NodePath } from './node-store.ts';
import type { AnswerNode, QuestionNode, WalkAnswer, WalkQuestion } from './walk.ts';

/** Nodes in one message at most: bounds what a hostile message makes its receiver look up. */
const maxNodes = 4096;

const leafTag = 0;
const innerTag = 1;

export function encodeWalkQuestion(question: WalkQuestion): Uint8Array {
  const writer = new ByteWriter(256).varUint(question.nodes.length);
  for (const { path, children } of question.nodes) {
    writePath(writer, path);
    writer.byte(children === null ? leafTag : innerTag);
    if (children !== null) writeChildren(writer, children);
  }
  return writer.finish();
}

export function decodeWalkQuestion(bytes: Uint8Array): Result<WalkQuestion, DecodeError> {
  return decode(bytes, (reader) => ({ nodes: readList(reader, readQuestionNode) }));
}

export function encodeWalkAnswer(answer: WalkAnswer): Uint8Array {
  const writer = new ByteWriter(1024).varUint(answer.nodes.length);
  for (const node of answer.nodes) {
    writePath(writer, node.path);
    if (node.kind === 'inner') {
      writer.byte(innerTag);
      writeChildren(writer, node.children);
    } else {
      writer.byte(leafTag).varUint(node.entries.length);
      for (const { key, digest } of node.entries) writer.bytes(fromHex(key + digest));
    }
  }
  writer.varUint(answer.unanswered.length);
  for (const path of answer.unanswered) writePath(writer, path);
  return writer.finish();
}

export function decodeWalkAnswer(bytes: Uint8Array): Result<WalkAnswer, DecodeError> {
  return decode(bytes, (reader) => ({
    nodes: readList(reader, readAnswerNode),
    unanswered: readList(reader, readPath),
  }));
}

function readList<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] {
  const count = reader.varUint(maxNodes);
  return Array.from({ length: count }, () => read(reader));
}

function readQuestionNode(reader: ByteReader): QuestionNode {
  const path = readPath(reader);
  return { path, children: readTag(reader) === innerTag ? readChildren(reader) : null };
}

function readAnswerNode(reader: ByteReader): AnswerNode {
  const path = readPath(reader);
  if (readTag(reader) === innerTag) return { kind: 'inner', path, children: readChildren(reader) };
  return { kind: 'leaf', path, entries: readEntries(reader, path) };
}

function readTag(reader: ByteReader): number {
  const tag = reader.byte();
  if (tag !== leafTag && tag !== innerTag) failDecode(`unknown node tag ${tag}`);
  return tag;
}

/** Number of digits, then two digits a byte; the last byte of an odd path ends in a zero digit. */
function writePath(writer: ByteWriter, path: NodePath): void {
  writer.varUint(path.length).bytes(fromHex(path.length % 2 === 0 ? path : `${path}0`));
}

function readPath(reader: ByteReader): NodePath {
  // An inner node stands above at least one more digit.
  const length = reader.varUint(keyDigits - 1);
  const bytes = reader.bytes(Math.ceil(length / 2));
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (length % 2 === 1 && !digits.endsWith('0')) failDecode('a path that ends in half a byte of nonsense');
  return digits.slice(0, length);
}

/** A bitmap of the children there are, then their digests. */
function writeChildren(writer: ByteWriter, children: readonly (Digest | null)[]): void {
  const bitmap = children.reduce((bits, child, digit) => (child === null ? bits : bits | (1 << digit)), 0);
  writer.byte(bitmap >>> 8).byte(bitmap & 0xff);
  for (const child of children) if (child !== null) writer.bytes(fromHex(child));
}

function readChildren(reader: ByteReader): (Digest | null)[] {
  const bitmap = (reader.byte() << 8) | reader.byte();
  return Array.from({ length: 16 }, (_, digit) => ((bitmap >>> digit) & 1 ? readDigest(reader) : null));
}
