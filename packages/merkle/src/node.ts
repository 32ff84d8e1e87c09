import {
  type ByteReader,
  ByteWriter,
  type Digest,
  type DocumentKey,
  decode,
  digestOf,
  emptyDigest,
  failDecode,
  fromHex,
  toHex,
} from '@hearsay/core';
import type { NodePath } from './node-store.ts';

/** One document in the index. */
export interface IndexEntry {
  readonly key: DocumentKey;
  readonly digest: Digest;
}

/** A child of an inner node: how many entries lie below it, and their digest. */
export interface ChildSummary {
  readonly count: number;
  readonly digest: Digest;
}

/** At most {@link leafCapacity} entries, ascending by key. */
export interface LeafNode {
  readonly kind: 'leaf';
  readonly entries: readonly IndexEntry[];
}

/** Sixteen children, one for each next digit; null where there is nothing. More entries than a leaf may hold. */
export interface InnerNode {
  readonly kind: 'inner';
  readonly children: readonly (ChildSummary | null)[];
}

export type IndexNode = LeafNode | InnerNode;

/**
 * Entries of a leaf at most. Larger leaves mean fewer levels and more bytes for a difference. At 16, measured over
 * 100,000 documents with 100 scattered differences, a difference costs least: an inner node of 16 digests and a leaf
 * weigh about the same.
 */
export const leafCapacity = 16;

/** Digits of a key, and so the deepest path there can be. */
export const keyDigits = 32;

/** A stored node does not decode: the index has to be built again from the documents. */
export class DamagedNodeError extends Error {
  readonly code = 'INDEX_DAMAGED';
  readonly path: NodePath;

  constructor(path: NodePath, reason: string) {
    super(`index node "${path}" is damaged: ${reason}`);
    this.name = 'DamagedNodeError';
    this.path = path;
  }
}

export const emptyLeaf: LeafNode = { kind: 'leaf', entries: [] };

export function nodeCount(node: IndexNode): number {
  if (node.kind === 'leaf') return node.entries.length;
  return node.children.reduce((sum, child) => sum + (child?.count ?? 0), 0);
}

/** SHA-256 with separate domains for leaves and inner nodes; `emptyDigest` for a leaf without entries. */
export function nodeDigest(node: IndexNode): Digest {
  if (node.kind === 'inner') return innerDigest(node.children.map((child) => child?.digest ?? null));
  if (node.entries.length === 0) return emptyDigest;
  return digestOf(
    'hearsay/index/leaf/1',
    fromHex(node.entries.map(({ key, digest }) => key + digest).join('')),
  );
}

/** Digest of an inner node from the digests of its sixteen children. */
export function innerDigest(children: readonly (Digest | null)[]): Digest {
  return digestOf('hearsay/index/inner/1', fromHex(children.map((child) => child ?? emptyDigest).join('')));
}

export function nodeSummary(node: IndexNode): ChildSummary | null {
  const count = nodeCount(node);
  return count === 0 ? null : { count, digest: nodeDigest(node) };
}

const leafTag = 0;
const innerTag = 1;

export function encodeNode(node: IndexNode): Uint8Array {
  const writer = new ByteWriter(300);
  if (node.kind === 'leaf') {
    writer.byte(leafTag).varUint(node.entries.length);
    for (const { key, digest } of node.entries) writer.bytes(fromHex(key + digest));
    return writer.finish();
  }
  writer.byte(innerTag);
  for (const child of node.children) {
    writer.varUint(child?.count ?? 0);
    if (child !== null) writer.bytes(fromHex(child.digest));
  }
  return writer.finish();
}

/** Throws {@link DamagedNodeError} on anything that {@link encodeNode} would not have written at this path. */
export function decodeNode(path: NodePath, bytes: Uint8Array): IndexNode {
  const decoded = decode(bytes, (reader): IndexNode => {
    const tag = reader.byte();
    if (tag === leafTag) return { kind: 'leaf', entries: readEntries(reader, path) };
    if (tag !== innerTag) failDecode(`unknown node tag ${tag}`);
    const children = Array.from({ length: 16 }, () => {
      const count = reader.varUint();
      return count === 0 ? null : { count, digest: readDigest(reader) };
    });
    return { kind: 'inner', children };
  });
  if (!decoded.ok) throw new DamagedNodeError(path, decoded.error.message);
  return decoded.value;
}

/** A count and that many entries, ascending, all below `path`; ends the surrounding `decode` otherwise. */
export function readEntries(reader: ByteReader, path: NodePath): IndexEntry[] {
  const count = reader.varUint(leafCapacity);
  const entries: IndexEntry[] = [];
  for (let i = 0; i < count; i++) {
    const key = toHex(reader.bytes(16)) as DocumentKey;
    if (!key.startsWith(path)) failDecode('a key that does not belong here');
    const last = entries.at(-1);
    if (last !== undefined && last.key >= key) failDecode('keys out of order');
    entries.push({ key, digest: readDigest(reader) });
  }
  return entries;
}

export function readDigest(reader: ByteReader): Digest {
  return toHex(reader.bytes(16)) as Digest;
}
