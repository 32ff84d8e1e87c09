import { type Digest, type DocumentKey, digestBytes, fromHex, rawDigestOf, toHex } from '@hearsay/core';
import type { NodePath } from './node-store.ts';

/** One document in the index. */
export interface IndexEntry {
  readonly key: DocumentKey;
  readonly digest: Digest;
}

/**
 * Entries packed one after another, ascending by key: 16 bytes of key, 16 bytes of digest. Nodes are kept as bytes
 * because an update only moves, hashes and writes them; hexadecimal would cost it more than SHA-256 does.
 */
export type PackedEntries = Uint8Array;

/** At most {@link leafCapacity} entries. */
export interface LeafNode {
  readonly kind: 'leaf';
  readonly entries: PackedEntries;
}

/** Sixteen children, one for each next digit. More entries than a leaf may hold. */
export interface InnerNode {
  readonly kind: 'inner';
  /** How many entries lie below each child. */
  readonly counts: readonly number[];
  /** The children's digests, 16 bytes each; zeros where there is nothing. */
  readonly digests: Uint8Array;
}

export type IndexNode = LeafNode | InnerNode;

/**
 * Entries of a leaf at most. Larger leaves mean fewer nodes to hash and keep, and more bytes for a difference, since a
 * leaf that differs is sent whole.
 */
export const leafCapacity = 16;

/** Digits of a key. */
export const keyDigits = 32;

/** The longest path of a node. Two keys that share 31 digits and more differ in the last one: sixteen, one leaf. */
export const maxPathDigits: number = keyDigits - 1;

export const keyBytes = 16;
export const entryBytes: number = keyBytes + digestBytes;

export const emptyLeaf: LeafNode = { kind: 'leaf', entries: new Uint8Array(0) };

/** A stored node is not what was written: the index has to be built again from the documents. */
export class DamagedNodeError extends Error {
  readonly code = 'INDEX_DAMAGED';
  readonly path: NodePath;

  constructor(path: NodePath, reason: string) {
    super(`index node "${path}" is damaged: ${reason}`);
    this.name = 'DamagedNodeError';
    this.path = path;
  }
}

export function nodeCount(node: IndexNode): number {
  if (node.kind === 'leaf') return node.entries.byteLength / entryBytes;
  return node.counts.reduce((sum, count) => sum + count, 0);
}

const noDigest = new Uint8Array(digestBytes);

/** Leaves and inner nodes are hashed in domains of their own; a leaf without entries has zeros. */
export function nodeDigest(node: IndexNode): Uint8Array {
  if (node.kind === 'inner') return rawDigestOf('hearsay/index/inner/1', node.digests);
  if (node.entries.byteLength === 0) return noDigest;
  return rawDigestOf('hearsay/index/leaf/1', node.entries);
}

/** The digests of an inner node's children; null where there is nothing. */
export function childDigests(node: InnerNode): (Digest | null)[] {
  return node.counts.map((count, digit) =>
    count === 0 ? null : digestAt(node.digests, digit * digestBytes),
  );
}

/** The digit of a key, or of an entry that begins with one, after the first `depth`. */
export function digitAt(key: Uint8Array, depth: number): number {
  const byte = key[depth >>> 1] ?? 0;
  return depth % 2 === 0 ? byte >>> 4 : byte & 0x0f;
}

export function childPath(path: NodePath, digit: number): NodePath {
  return path + digit.toString(16);
}

/** The entries below each child of a node at `depth`. Views, not copies. */
export function splitEntries(entries: PackedEntries, depth: number): PackedEntries[] {
  const parts: PackedEntries[] = [];
  let start = 0;
  for (let digit = 0; digit < 16; digit++) {
    let end = start;
    while (end < entries.byteLength && digitAt(entries.subarray(end), depth) === digit) end += entryBytes;
    parts.push(entries.subarray(start, end));
    start = end;
  }
  return parts;
}

export function unpackEntries(entries: PackedEntries): IndexEntry[] {
  const unpacked: IndexEntry[] = [];
  for (let offset = 0; offset < entries.byteLength; offset += entryBytes) {
    const key = toHex(entries.subarray(offset, offset + keyBytes)) as DocumentKey;
    unpacked.push({ key, digest: digestAt(entries, offset + keyBytes) });
  }
  return unpacked;
}

export function packEntries(entries: readonly IndexEntry[]): PackedEntries {
  return fromHex(entries.map(({ key, digest }) => key + digest).join(''));
}

export function packEntry(key: DocumentKey, digest: Digest): Uint8Array {
  return fromHex(key + digest);
}

export function digestAt(bytes: Uint8Array, offset: number): Digest {
  return toHex(bytes.subarray(offset, offset + digestBytes)) as Digest;
}
