import { type ByteReader, ByteWriter, type Digest, digestBytes, failDecode, toHex } from '@hearsay/core';
import {
  type IndexNode,
  type InnerNode,
  leafCapacity,
  maxPathDigits,
  nodeCount,
  nodeDigest,
} from './node.ts';
import type { NodePath } from './node-store.ts';

/** First byte of an inner node; a leaf begins with the number of its entries, which is smaller. */
export const innerTag = 0xff;

/** An inner node without children, to be given some. */
export const childless: InnerNode = innerOf(new Array<number>(16).fill(0));

/** An inner node is its tag, a bitmap of the children there are, their counts, their digests. */
export function replaceChildren(node: InnerNode, children: readonly (IndexNode | undefined)[]): InnerNode {
  const counts = node.counts.map((count, digit) => {
    const child = children[digit];
    return child === undefined ? count : nodeCount(child);
  });
  const replaced = innerOf(counts);
  let from = digestsStart(node);
  let to = digestsStart(replaced);
  for (let digit = 0; digit < 16; digit++) {
    const child = children[digit];
    if (counts[digit] !== 0) {
      replaced.encoded.set(child ? nodeDigest(child) : node.encoded.subarray(from, from + digestBytes), to);
      to += digestBytes;
    }
    if (node.counts[digit] !== 0) from += digestBytes;
  }
  return replaced;
}

/** The digests of the children; null where there is nothing. */
export function childDigests(node: InnerNode): (Digest | null)[] {
  let offset = digestsStart(node);
  return node.counts.map((count) => {
    if (count === 0) return null;
    offset += digestBytes;
    return toHex(node.encoded.subarray(offset - digestBytes, offset)) as Digest;
  });
}

/** Ends the surrounding `decode` on what cannot be an inner node at `path`. */
export function readInner(reader: ByteReader, path: NodePath, encoded: Uint8Array): InnerNode {
  if (path.length >= maxPathDigits) failDecode('no inner node stands so deep');
  reader.byte();
  const bitmap = readBitmap(reader);
  const counts: number[] = [];
  for (let digit = 0; digit < 16; digit++) counts.push(hasChild(bitmap, digit) ? readCount(reader) : 0);
  const node: InnerNode = { kind: 'inner', encoded, counts };
  if (nodeCount(node) <= leafCapacity) failDecode('an inner node where a leaf would do');
  reader.bytes(presentCount(counts) * digestBytes);
  return node;
}

export function writeBitmap(writer: ByteWriter, isPresent: readonly boolean[]): void {
  const bitmap = isPresent.reduce((bits, present, digit) => (present ? bits | (1 << digit) : bits), 0);
  writer.byte(bitmap >>> 8).byte(bitmap & 0xff);
}

export function readBitmap(reader: ByteReader): number {
  return (reader.byte() << 8) | reader.byte();
}

export function hasChild(bitmap: number, digit: number): boolean {
  return ((bitmap >>> digit) & 1) === 1;
}

/** With room for the digests. */
function innerOf(counts: readonly number[]): InnerNode {
  const header = new ByteWriter().byte(innerTag);
  writeBitmap(
    header,
    counts.map((count) => count > 0),
  );
  for (const count of counts) if (count > 0) header.varUint(count);
  const encoded = new Uint8Array(header.length + presentCount(counts) * digestBytes);
  encoded.set(header.finish());
  return { kind: 'inner', encoded, counts };
}

function digestsStart(node: InnerNode): number {
  return node.encoded.byteLength - presentCount(node.counts) * digestBytes;
}

function presentCount(counts: readonly number[]): number {
  return counts.reduce((sum, count) => (count === 0 ? sum : sum + 1), 0);
}

function readCount(reader: ByteReader): number {
  const count = reader.varUint();
  if (count === 0) failDecode('a child without entries');
  return count;
}
