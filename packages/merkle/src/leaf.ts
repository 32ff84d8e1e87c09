import {
  type ByteReader,
  concat,
  type Digest,
  type DocumentKey,
  digestBytes,
  emptyBytes,
  failDecode,
  fromHex,
  toHex,
} from '@hearsay/core';
import { type Change, isRemoval } from './changes.ts';
import { digitAt, emptyLeaf, type IndexEntry, type LeafNode, leafCapacity } from './node.ts';
import type { NodePath } from './node-store.ts';

/** Entries one after another, ascending by key, each 16 bytes of key and 16 bytes of digest. */
export type PackedEntries = Uint8Array;

const keyBytes = 16;
const entryBytes: number = keyBytes + digestBytes;

/** A leaf is the number of its entries, then each of them without the whole bytes that its path says of its key. */
export function leafOf(path: NodePath, entries: PackedEntries): LeafNode {
  if (entries.byteLength === 0) return emptyLeaf;
  const skipped = path.length >>> 1;
  const kept = entryBytes - skipped;
  const encoded = new Uint8Array(1 + (entries.byteLength / entryBytes) * kept);
  encoded[0] = entries.byteLength / entryBytes;
  for (let from = skipped, to = 1; to < encoded.byteLength; from += entryBytes, to += kept) {
    encoded.set(entries.subarray(from, from + kept), to);
  }
  return { kind: 'leaf', encoded };
}

export function leafEntries(path: NodePath, leaf: LeafNode): PackedEntries {
  return expandEntries(fromHex(path.slice(0, path.length & ~1)), leaf.encoded.subarray(1));
}

export function fitsLeaf(entries: PackedEntries): boolean {
  return entries.byteLength <= leafCapacity * entryBytes;
}

/** Bytes of an encoded leaf of so many entries. */
export function leafBytes(path: NodePath, count: number): number {
  return 1 + count * (entryBytes - (path.length >>> 1));
}

/** What of a leaf lies below a longer path. */
export function leafPart(path: NodePath, leaf: LeafNode, prefix: NodePath): LeafNode {
  const below = unpackEntries(leafEntries(path, leaf)).filter(({ key }) => key.startsWith(prefix));
  return leafOf(prefix, packEntries(below));
}

/** Ends the surrounding `decode` unless these are the bytes of a leaf: entries ascending and all below `path`. */
export function checkLeaf(path: NodePath, encoded: Uint8Array): LeafNode {
  const count = encoded[0] ?? 0;
  if (count > leafCapacity) failDecode(`${count} entries in a leaf`);
  if (encoded.byteLength !== leafBytes(path, count)) failDecode(`no ${count} entries`);
  if (count === 0) return emptyLeaf;
  const skipped = path.length >>> 1;
  const kept = entryBytes - skipped;
  const lastDigit = path.length % 2 === 0 ? undefined : Number.parseInt(path.slice(-1), 16);
  for (let offset = 1; offset < encoded.byteLength; offset += kept) {
    if (lastDigit !== undefined && (encoded[offset] ?? 0) >>> 4 !== lastDigit) failDecode('a foreign key');
    if (offset > 1 && compareAt(encoded, offset - kept, encoded, offset, keyBytes - skipped) >= 0) {
      failDecode('keys out of order');
    }
  }
  return { kind: 'leaf', encoded };
}

/** A leaf inside a longer message. */
export function readLeaf(reader: ByteReader, path: NodePath): LeafNode {
  const count = reader.byte();
  return checkLeaf(path, concat(Uint8Array.of(count), reader.bytes(leafBytes(path, count) - 1)));
}

/** The leaf with the changes made; all its entries when they are too many for a leaf. Changes ascend by key. */
export function changeLeaf(
  path: NodePath,
  leaf: LeafNode,
  changes: readonly Change[],
): LeafNode | PackedEntries {
  const skipped = path.length >>> 1;
  const kept = entryBytes - skipped;
  const existing = leaf.encoded;
  const parts: Uint8Array[] = [];
  let offset = 1;
  for (const change of changes) {
    const from = offset;
    let order = -1;
    for (; offset < existing.byteLength; offset += kept) {
      order = compareAt(existing, offset, change, skipped, keyBytes - skipped);
      if (order >= 0) break;
    }
    if (offset > from) parts.push(existing.subarray(from, offset));
    if (order === 0) offset += kept;
    if (!isRemoval(change)) parts.push(change.subarray(skipped));
  }
  parts.push(existing.subarray(offset));
  const encoded = joinAfterCount(parts, kept);
  if (encoded.byteLength === 1) return emptyLeaf;
  if (encoded.byteLength <= leafBytes(path, leafCapacity)) return { kind: 'leaf', encoded };
  return expandEntries(changes[0]?.subarray(0, skipped) ?? emptyBytes, encoded.subarray(1));
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

export function packEntries(entries: readonly IndexEntry[]): PackedEntries {
  return fromHex(entries.map(({ key, digest }) => key + digest).join(''));
}

export function unpackEntries(entries: PackedEntries): IndexEntry[] {
  const unpacked: IndexEntry[] = [];
  for (let offset = 0; offset < entries.byteLength; offset += entryBytes) {
    unpacked.push({
      key: toHex(entries.subarray(offset, offset + keyBytes)) as DocumentKey,
      digest: toHex(entries.subarray(offset + keyBytes, offset + entryBytes)) as Digest,
    });
  }
  return unpacked;
}

/** Where the count does not fit a byte, the entries do not fit a leaf either. */
function joinAfterCount(parts: readonly Uint8Array[], entrySize: number): Uint8Array {
  const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const joined = new Uint8Array(1 + bytes);
  joined[0] = bytes / entrySize;
  let offset = 1;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.byteLength;
  }
  return joined;
}

/** Puts the bytes that all keys begin with back before each of them. */
function expandEntries(prefix: Uint8Array, shortened: Uint8Array): PackedEntries {
  const kept = entryBytes - prefix.byteLength;
  const entries = new Uint8Array((shortened.byteLength / kept) * entryBytes);
  for (let from = 0, to = 0; from < shortened.byteLength; from += kept, to += entryBytes) {
    entries.set(prefix, to);
    entries.set(shortened.subarray(from, from + kept), to + prefix.byteLength);
  }
  return entries;
}

function compareAt(a: Uint8Array, aOffset: number, b: Uint8Array, bOffset: number, length: number): number {
  for (let i = 0; i < length; i++) {
    const difference = (a[aOffset + i] ?? 0) - (b[bOffset + i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
