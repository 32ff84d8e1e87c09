import { type DocumentKey, fromHex, type ReplicaId, toHex, utf8Decode, utf8Encode } from '@hearsay/core';
import type { KeyRange } from './database.ts';

/**
 * First byte of every key: what the record is. Numbers are 64 bit, big end first, so that they sort; names of variable
 * length come last or carry their length before them, so that no key lies among those of another document or collection.
 */
const kinds = {
  meta: 0x01,
  /** key · part · (sequence) */
  document: 0x10,
  /** length of collection · collection · name */
  name: 0x11,
  /** key */
  quarantine: 0x12,
  /** part · key */
  kept: 0x13,
  /** sequence */
  feed: 0x20,
  /** first sequence · count */
  outbox: 0x21,
  /** length of collection · collection · path */
  indexNode: 0x30,
  /** collection */
  indexRoot: 0x31,
  /** replica id · which */
  peer: 0x40,
  /** name */
  state: 0x41,
} as const;

const parts = { head: 0, version: 1, tail: 2, snapshot: 3, end: 4 } as const;

export type MetaName = 'identity' | 'counters' | 'index' | 'starts';
const metas: Readonly<Record<MetaName, number>> = { identity: 0, counters: 1, index: 2, starts: 3 };

export type PeerRecord = 'feed' | 'mail';

export function metaKey(name: MetaName): Uint8Array {
  return Uint8Array.of(kinds.meta, metas[name]);
}

export function documentKeyBytes(key: DocumentKey): Uint8Array {
  return fromHex(key);
}

export function headKey(document: Uint8Array): Uint8Array {
  return documentPart(document, parts.head);
}

export function versionKey(document: Uint8Array): Uint8Array {
  return documentPart(document, parts.version);
}

export function snapshotKey(document: Uint8Array): Uint8Array {
  return documentPart(document, parts.snapshot);
}

export function tailKey(document: Uint8Array, sequence: number): Uint8Array {
  const key = new Uint8Array(26);
  key[0] = kinds.document;
  key.set(document, 1);
  key[17] = parts.tail;
  writeUint64(key, 18, sequence);
  return key;
}

/** Head, version and tail: all that tells a document's version. */
export function versionRange(document: Uint8Array): KeyRange {
  return { gte: documentPart(document, parts.head), lt: documentPart(document, parts.snapshot) };
}

/** The least key of a document above one; undefined after the last there can be. */
export function afterDocument(keyBytes: Uint8Array): Uint8Array | undefined {
  const next = keyBytes.slice();
  for (let index = next.byteLength - 1; index >= 0; index--) {
    const byte = next[index] ?? 0;
    if (byte < 0xff) {
      next[index] = byte + 1;
      return next;
    }
    next[index] = 0;
  }
  return undefined;
}

/** All records of a document. */
export function documentRange(document: Uint8Array): KeyRange {
  return { gte: documentPart(document, parts.head), lt: documentPart(document, parts.end) };
}

/** Every record of every document from a key on. */
export function documentsFrom(document: Uint8Array): KeyRange {
  return { gte: documentPart(document, parts.head), lt: Uint8Array.of(kinds.document + 1) };
}

export type DocumentRecordKey =
  | { readonly part: 'head' | 'version' | 'snapshot'; readonly key: DocumentKey }
  | { readonly part: 'tail'; readonly key: DocumentKey; readonly sequence: number };

/** Undefined for a key that no document record has. */
export function parseDocumentRecordKey(bytes: Uint8Array): DocumentRecordKey | undefined {
  if (bytes[0] !== kinds.document || bytes.byteLength < 18) return undefined;
  const key = toHex(bytes.subarray(1, 17)) as DocumentKey;
  const part = bytes[17];
  if (part === parts.tail) {
    return bytes.byteLength === 26 ? { part: 'tail', key, sequence: readUint64(bytes, 18) } : undefined;
  }
  if (bytes.byteLength !== 18) return undefined;
  if (part === parts.head) return { part: 'head', key };
  if (part === parts.version) return { part: 'version', key };
  return part === parts.snapshot ? { part: 'snapshot', key } : undefined;
}

export function nameKey(collection: string, name: string): Uint8Array {
  return joined(kinds.name, collection, name);
}

/** Names of one collection: those that begin with `prefix`. */
export function nameRange(collection: string, prefix: string): KeyRange {
  const gte = nameKey(collection, prefix);
  return { gte, lt: afterPrefix(gte) };
}

/** Names of all collections after one; of all when `collection` is the empty string. */
export function namesAfter(collection: string): KeyRange {
  const gte = collection === '' ? Uint8Array.of(kinds.name) : nameRange(collection, '').lt;
  return { gte, lt: Uint8Array.of(kinds.name + 1) };
}

/** Undefined for a damaged key. */
export function parseNameKey(
  bytes: Uint8Array,
): { readonly collection: string; readonly name: string } | undefined {
  const end = 2 + (bytes[1] ?? 0);
  const [collection, name] = [textOf(bytes.subarray(2, end)), textOf(bytes.subarray(end))];
  if (!collection || name === undefined || end > bytes.byteLength) return undefined;
  return { collection, name };
}

export function quarantineKey(document: Uint8Array): Uint8Array {
  const key = new Uint8Array(17);
  key[0] = kinds.quarantine;
  key.set(document, 1);
  return key;
}

export function quarantineRange(): KeyRange {
  return { gte: Uint8Array.of(kinds.quarantine), lt: Uint8Array.of(kinds.quarantine + 1) };
}

/** Undefined for a damaged key. */
export function parseQuarantineKey(bytes: Uint8Array): DocumentKey | undefined {
  return bytes.byteLength === 17 ? (toHex(bytes.subarray(1)) as DocumentKey) : undefined;
}

/** Of a deleted document: what is kept of it for a while. Heads sort before contents, which may be large. */
export function keptKey(document: Uint8Array): Uint8Array {
  return keptPart(0, document);
}

export function keptContentsKey(document: Uint8Array): Uint8Array {
  return keptPart(1, document);
}

/** All heads. */
export function keptRange(): KeyRange {
  return { gte: Uint8Array.of(kinds.kept, 0), lt: Uint8Array.of(kinds.kept, 1) };
}

function keptPart(part: number, document: Uint8Array): Uint8Array {
  const key = new Uint8Array(18);
  key[0] = kinds.kept;
  key[1] = part;
  key.set(document, 2);
  return key;
}

export function feedKey(sequence: number): Uint8Array {
  return numbered(kinds.feed, sequence);
}

/** Feed entries with sequences above `after`. */
export function feedAfter(after: number): KeyRange {
  return { gte: feedKey(after + 1), lt: feedKey(endOfSequences) };
}

/** 0 for a damaged key. */
export function parseFeedKey(bytes: Uint8Array): number {
  return bytes.byteLength === 9 ? readUint64(bytes, 1) : 0;
}

/** An outbox record holds the entries of one batch; the key says how many, so that a gap shows without the values. */
export function outboxKey(first: number, count: number): Uint8Array {
  const key = new Uint8Array(13);
  key[0] = kinds.outbox;
  writeUint64(key, 1, first);
  new DataView(key.buffer).setUint32(9, count);
  return key;
}

/** Nothing from the start on, for a damaged key. */
export function parseOutboxKey(bytes: Uint8Array): { readonly first: number; readonly count: number } {
  if (bytes.byteLength !== 13) return { first: 0, count: 0 };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { first: readUint64(bytes, 1), count: view.getUint32(9) };
}

/** Outbox records whose first sequence is at most `sequence`. */
export function outboxUpTo(sequence: number): KeyRange {
  return { gte: Uint8Array.of(kinds.outbox), lt: numbered(kinds.outbox, sequence + 1) };
}

/** Outbox records whose first sequence is at least `sequence`. */
export function outboxFrom(sequence: number): KeyRange {
  return { gte: numbered(kinds.outbox, sequence), lt: numbered(kinds.outbox, endOfSequences) };
}

export function indexNodeKey(collection: string, path: string): Uint8Array {
  return joined(kinds.indexNode, collection, path);
}

export function indexNodeRange(collection: string): KeyRange {
  const gte = indexNodeKey(collection, '');
  return { gte, lt: afterPrefix(gte) };
}

/** Nodes of all indexes whose keys come after those of `collection`'s; of all when it is undefined. */
export function indexNodesAfter(collection: string | undefined): KeyRange {
  const gte =
    collection === undefined ? Uint8Array.of(kinds.indexNode) : afterPrefix(indexNodeKey(collection, ''));
  return { gte, lt: Uint8Array.of(kinds.indexNode + 1) };
}

/** The collection of a node's key; undefined for a damaged one. */
export function parseIndexNodeKey(bytes: Uint8Array): string | undefined {
  const end = 2 + (bytes[1] ?? 0);
  return end > bytes.byteLength ? undefined : textOf(bytes.subarray(2, end)) || undefined;
}

export function indexRootKey(collection: string): Uint8Array {
  const text = utf8Encode(collection);
  const key = new Uint8Array(1 + text.byteLength);
  key[0] = kinds.indexRoot;
  key.set(text, 1);
  return key;
}

export function indexRootRange(): KeyRange {
  return { gte: Uint8Array.of(kinds.indexRoot), lt: Uint8Array.of(kinds.indexRoot + 1) };
}

/** Undefined for a damaged key. */
export function parseIndexRootKey(bytes: Uint8Array): string | undefined {
  return textOf(bytes.subarray(1)) || undefined;
}

export function peerKey(peer: ReplicaId, record: PeerRecord): Uint8Array {
  const key = new Uint8Array(18);
  key[0] = kinds.peer;
  key.set(fromHex(peer), 1);
  key[17] = record === 'feed' ? 0 : 1;
  return key;
}

export function stateKey(name: string): Uint8Array {
  const text = utf8Encode(name);
  const key = new Uint8Array(1 + text.byteLength);
  key[0] = kinds.state;
  key.set(text, 1);
  return key;
}

function documentPart(document: Uint8Array, part: number): Uint8Array {
  const key = new Uint8Array(18);
  key[0] = kinds.document;
  key.set(document, 1);
  key[17] = part;
  return key;
}

/** No store counts so far; what a damaged key says beyond is not read, or counting would go on from there. */
const endOfSequences = 2 ** 48;

/** Undefined for bytes that no text has. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8Decode(bytes);
  } catch {
    return undefined;
  }
}

function numbered(kind: number, value: number): Uint8Array {
  const key = new Uint8Array(9);
  key[0] = kind;
  writeUint64(key, 1, value);
  return key;
}

/** Collections are at most 128 bytes, so their length fits a byte. */
function joined(kind: number, collection: string, rest: string): Uint8Array {
  const first = utf8Encode(collection);
  const second = utf8Encode(rest);
  const key = new Uint8Array(2 + first.byteLength + second.byteLength);
  key[0] = kind;
  key[1] = first.byteLength;
  key.set(first, 2);
  key.set(second, 2 + first.byteLength);
  return key;
}

/** The first key after all that begin with `prefix`. Every prefix here begins with a byte below 0xff. */
function afterPrefix(prefix: Uint8Array): Uint8Array {
  let end = prefix.byteLength;
  while (prefix[end - 1] === 0xff) end--;
  const after = prefix.slice(0, end);
  after[end - 1] = (after[end - 1] ?? 0) + 1;
  return after;
}

function writeUint64(bytes: Uint8Array, offset: number, value: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(offset, Math.floor(value / 0x1_0000_0000));
  view.setUint32(offset + 4, value % 0x1_0000_0000);
}

function readUint64(bytes: Uint8Array, offset: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(offset) * 0x1_0000_0000 + view.getUint32(offset + 4);
}
