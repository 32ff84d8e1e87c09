import {
  type ByteReader,
  ByteWriter,
  compareBytes,
  concat,
  decode,
  digestBytes,
  failDecode,
  fromHex,
} from '@hearsay/core';
import {
  DamagedNodeError,
  digitAt,
  entryBytes,
  type IndexNode,
  type InnerNode,
  keyBytes,
  leafCapacity,
  maxPathDigits,
  nodeCount,
  type PackedEntries,
} from './node.ts';
import type { NodePath } from './node-store.ts';

/** First byte of an inner node; a leaf begins with the number of its entries, which is smaller. */
const innerTag = 0xff;
const allChildren = 0xffff;

/** A leaf keeps of its keys only what its path does not say, in whole bytes. */
export function encodeNode(path: NodePath, node: IndexNode): Uint8Array {
  if (node.kind === 'leaf') return encodeEntries(path, node.entries);
  // Up to 64 bytes are cheap to come by; the digests are then copied once.
  const header = new ByteWriter(64).byte(innerTag);
  writeBitmap(header, bitmapOf(node));
  for (const count of node.counts) if (count > 0) header.varUint(count);
  return concat(header.finish(), ...presentDigests(node));
}

/** Throws {@link DamagedNodeError} on what cannot be a node at this path. */
export function decodeNode(path: NodePath, bytes: Uint8Array): IndexNode {
  const decoded = decode(bytes, (reader): IndexNode => {
    if (bytes[0] !== innerTag) {
      const entries = readEntries(reader, path);
      // A leaf without entries is not written but deleted.
      if (entries.byteLength === 0) failDecode('no entries');
      return { kind: 'leaf', entries };
    }
    if (path.length >= maxPathDigits) failDecode('no inner node stands so deep');
    reader.byte();
    const bitmap = readBitmap(reader);
    const counts = Array.from({ length: 16 }, (_, digit) =>
      hasChild(bitmap, digit) ? readCount(reader) : 0,
    );
    const node: InnerNode = { kind: 'inner', counts, digests: readChildDigests(reader, bitmap) };
    if (nodeCount(node) <= leafCapacity) failDecode('an inner node with a leaf of entries');
    return node;
  });
  if (!decoded.ok) throw new DamagedNodeError(path, decoded.error.message);
  return decoded.value;
}

/** How many, then each without what the path says of its key. */
export function encodeEntries(path: NodePath, entries: PackedEntries): Uint8Array {
  const skipped = path.length >>> 1;
  const kept = entryBytes - skipped;
  const count = entries.byteLength / entryBytes;
  const encoded = new Uint8Array(1 + count * kept);
  encoded[0] = count;
  for (let i = 0; i < count; i++) {
    encoded.set(entries.subarray(i * entryBytes + skipped, (i + 1) * entryBytes), 1 + i * kept);
  }
  return encoded;
}

/** At most a leaf of entries, ascending, all below `path`; ends the surrounding `decode` otherwise. */
export function readEntries(reader: ByteReader, path: NodePath): PackedEntries {
  const count = reader.byte();
  if (count > leafCapacity) failDecode(`${count} entries in a leaf`);
  const skipped = path.length >>> 1;
  const prefix = fromHex(path.slice(0, skipped * 2));
  const lastDigit = path.length % 2 === 1 ? Number.parseInt(path.slice(-1), 16) : undefined;
  const entries = new Uint8Array(count * entryBytes);
  for (let offset = 0; offset < entries.byteLength; offset += entryBytes) {
    entries.set(prefix, offset);
    entries.set(reader.bytes(entryBytes - skipped), offset + skipped);
    const key = entries.subarray(offset, offset + keyBytes);
    if (lastDigit !== undefined && digitAt(key, path.length - 1) !== lastDigit) failDecode('a foreign key');
    if (offset > 0 && compareBytes(entries.subarray(offset - entryBytes, offset - digestBytes), key) >= 0) {
      failDecode('keys out of order');
    }
  }
  return entries;
}

export function bitmapOf(node: InnerNode): number {
  return node.counts.reduce((bits, count, digit) => (count === 0 ? bits : bits | (1 << digit)), 0);
}

export function writeBitmap(writer: ByteWriter, bitmap: number): void {
  writer.byte(bitmap >>> 8).byte(bitmap & 0xff);
}

export function readBitmap(reader: ByteReader): number {
  return (reader.byte() << 8) | reader.byte();
}

export function hasChild(bitmap: number, digit: number): boolean {
  return ((bitmap >>> digit) & 1) === 1;
}

function presentDigests({ counts, digests }: InnerNode): Uint8Array[] {
  if (counts.every((count) => count > 0)) return [digests];
  return [...counts.entries()].flatMap(([digit, count]) =>
    count > 0 ? [digests.subarray(digit * digestBytes, (digit + 1) * digestBytes)] : [],
  );
}

function readChildDigests(reader: ByteReader, bitmap: number): Uint8Array {
  if (bitmap === allChildren) return reader.bytes(16 * digestBytes);
  const digests = new Uint8Array(16 * digestBytes);
  for (let digit = 0; digit < 16; digit++) {
    if (hasChild(bitmap, digit)) digests.set(reader.bytes(digestBytes), digit * digestBytes);
  }
  return digests;
}

function readCount(reader: ByteReader): number {
  const count = reader.varUint();
  if (count === 0) failDecode('a child without entries');
  return count;
}
