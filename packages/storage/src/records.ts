import {
  type ByteReader,
  ByteWriter,
  type DocumentId,
  type DocumentKey,
  emptyBytes,
  fromHex,
  type Life,
  limits,
  type ReplicaId,
  toHex,
} from '@hearsay/core';
import type { DeathCertificate } from './replica.ts';
import type { KeptDocument } from './store-types.ts';

/** What a document's head says: everything but its contents. */
export interface HeadRecord {
  readonly id: DocumentId;
  readonly life: Life;
  /** Of this life where it is over, else of the one before; null where nothing is known of any end. */
  readonly certificate: DeathCertificate | null;
  /** Whether the certificate is of an earlier life though its number does not say so: it rests, or the document was created anew after it did. */
  readonly isFormer: boolean;
  /** Updates up to this sequence are in the snapshot, or gone with an earlier life. */
  readonly baseSequence: number;
  /** 0: there is no snapshot. */
  readonly snapshotBytes: number;
  /** The last update. Never goes back, not even with a new life. */
  readonly tailSequence: number;
  readonly tailBytes: number;
  /** Where the document stands in the change feed. */
  readonly feedSequence: number;
}

/** Payload of a version, snapshot or tail record: `bytes` belongs to one life and ends at one sequence. */
export interface PartRecord {
  readonly life: Life;
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

/** Running totals of the store, rewritten with every batch. */
export interface Counters {
  readonly feedHead: number;
  readonly outboxHead: number;
  /** Sequence of the first outbox entry that is kept; one above the head when there is none. */
  readonly outboxFirst: number;
  /** Bytes of update named by the outbox. */
  readonly outboxBytes: number;
  /** Documents ever created, deleted ones too. */
  readonly documents: number;
  /** Feed position up to which something may have been forgotten that a backup made before it tells of. */
  readonly forgottenFeed: number;
}

export const noCounters: Counters = {
  feedHead: 0,
  outboxHead: 0,
  outboxFirst: 1,
  outboxBytes: 0,
  documents: 0,
  forgottenFeed: 0,
};

/** One committed change as the outbox names it; its bytes are in the document's tail. */
export interface OutboxReference {
  readonly key: DocumentKey;
  readonly life: Life;
  readonly from: ReplicaId | null;
  /** Sequence in the document's tail; 0 for a death certificate. */
  readonly tailSequence: number;
  readonly bytes: number;
}

export type QuarantineReason = 'CHECKSUM' | 'HOLE' | 'HEAD_LOST' | 'INCONSISTENT' | 'UNREADABLE' | 'LOST';

/** Why, and what is known, of a document that cannot be used. */
export interface QuarantineRecord {
  readonly reason: QuarantineReason;
  /** Of the damaged copy; 0 when that cannot be read. */
  readonly life: Life;
  /** The last update that it is known to have had; 0 when that is not known. */
  readonly tailSequence: number;
  readonly feedSequence: number;
  readonly id: DocumentId | undefined;
}

const reasons: readonly QuarantineReason[] = [
  'CHECKSUM',
  'HOLE',
  'HEAD_LOST',
  'INCONSISTENT',
  'UNREADABLE',
  'LOST',
];

export function encodeHead(head: HeadRecord): Uint8Array {
  const writer = new ByteWriter(128)
    .varString(head.id.collection)
    .varString(head.id.name)
    .varUint(head.life)
    .varUint(head.baseSequence)
    .varUint(head.snapshotBytes)
    .varUint(head.tailSequence)
    .varUint(head.tailBytes)
    .varUint(head.feedSequence);
  if (head.certificate !== null) {
    const { life, deletedAt, activatedAt, by, clients } = head.certificate;
    writer.varUint(life).varUint(deletedAt).varUint(activatedAt).bytes(fromHex(by)).varUint(clients.length);
    for (const client of clients) writer.varUint(client);
    if (head.isFormer) writer.byte(1);
  }
  return writer.finish();
}

export function decodeHead(reader: ByteReader): HeadRecord {
  const id = {
    collection: reader.varString(limits.collectionNameBytes),
    name: reader.varString(limits.documentNameBytes),
  };
  const life = reader.varUint();
  const baseSequence = reader.varUint();
  const snapshotBytes = reader.varUint();
  const tailSequence = reader.varUint();
  const tailBytes = reader.varUint();
  const feedSequence = reader.varUint();
  const certificate = reader.remaining === 0 ? null : decodeCertificate(reader);
  const isFormer = reader.remaining > 0 && reader.byte() === 1;
  return {
    id,
    life,
    certificate,
    isFormer,
    baseSequence,
    snapshotBytes,
    tailSequence,
    tailBytes,
    feedSequence,
  };
}

function decodeCertificate(reader: ByteReader): DeathCertificate {
  const [life, deletedAt, activatedAt] = [reader.varUint(), reader.varUint(), reader.varUint()];
  const by = replicaId(reader);
  const count = Math.min(reader.varUint(), limits.endedClients);
  return { life, deletedAt, activatedAt, by, clients: Array.from({ length: count }, () => reader.varUint()) };
}

export function encodePart({ life, sequence, bytes }: PartRecord): readonly Uint8Array[] {
  return [new ByteWriter(16).varUint(life).varUint(sequence).finish(), bytes];
}

export function decodePart(reader: ByteReader): PartRecord {
  return { life: reader.varUint(), sequence: reader.varUint(), bytes: reader.rest() };
}

export function encodeCounters(counters: Counters): Uint8Array {
  return new ByteWriter(40)
    .varUint(counters.feedHead)
    .varUint(counters.outboxHead)
    .varUint(counters.outboxFirst)
    .varUint(counters.outboxBytes)
    .varUint(counters.documents)
    .varUint(counters.forgottenFeed)
    .finish();
}

export function decodeCounters(reader: ByteReader): Counters {
  return {
    feedHead: reader.varUint(maxCount),
    outboxHead: reader.varUint(maxCount),
    outboxFirst: reader.varUint(maxCount),
    outboxBytes: reader.varUint(maxCount),
    documents: reader.varUint(maxCount),
    // Stores of before it was counted have none.
    forgottenFeed: reader.remaining > 0 ? reader.varUint(maxCount) : 0,
  };
}

/** Beyond what a store can ever have counted: from there on, counting would leave the whole numbers. */
const maxCount = 2 ** 48;

export function encodeOutbox(references: readonly OutboxReference[]): Uint8Array {
  const writer = new ByteWriter(references.length * 40);
  for (const reference of references) {
    writer
      .bytes(fromHex(reference.key))
      .varUint(reference.life)
      .varBytes(reference.from === null ? emptyBytes : fromHex(reference.from))
      .varUint(reference.tailSequence)
      .varUint(reference.bytes);
  }
  return writer.finish();
}

export function decodeOutbox(reader: ByteReader): readonly OutboxReference[] {
  const references: OutboxReference[] = [];
  while (reader.remaining > 0) {
    const key = toHex(reader.bytes(16)) as DocumentKey;
    const life = reader.varUint();
    const from = reader.varBytes(16);
    references.push({
      key,
      life,
      from: from.byteLength === 0 ? null : (toHex(from) as ReplicaId),
      tailSequence: reader.varUint(),
      bytes: reader.varUint(),
    });
  }
  return references;
}

/** What is known of kept contents without reading them. */
export function encodeKept({ id, life, deletedAtMs }: KeptDocument): Uint8Array {
  return new ByteWriter(128)
    .varString(id.collection)
    .varString(id.name)
    .varUint(life)
    .varUint(deletedAtMs)
    .finish();
}

export function decodeKept(reader: ByteReader): KeptDocument {
  const collection = reader.varString(limits.collectionNameBytes);
  const name = reader.varString(limits.documentNameBytes);
  return { id: { collection, name }, life: reader.varUint(), deletedAtMs: reader.varUint() };
}

export function encodeKeptContents(updates: readonly Uint8Array[]): readonly Uint8Array[] {
  return [varUint(updates.length), ...updates.flatMap((update) => [varUint(update.byteLength), update])];
}

function varUint(value: number): Uint8Array {
  return new ByteWriter(8).varUint(value).finish();
}

export function decodeKeptContents(reader: ByteReader): readonly Uint8Array[] {
  const count = reader.varUint();
  const updates: Uint8Array[] = [];
  while (updates.length < count) updates.push(reader.varBytes(Number.MAX_SAFE_INTEGER));
  return updates;
}

export function encodeKey(key: DocumentKey): Uint8Array {
  return fromHex(key);
}

export function decodeKey(reader: ByteReader): DocumentKey {
  return toHex(reader.bytes(16)) as DocumentKey;
}

export function encodeNumber(value: number): Uint8Array {
  return new ByteWriter(9).varUint(value).finish();
}

export function decodeNumber(reader: ByteReader): number {
  return reader.varUint();
}

export function encodeQuarantine(record: QuarantineRecord): Uint8Array {
  const writer = new ByteWriter(64)
    .byte(reasons.indexOf(record.reason))
    .varUint(record.life)
    .varUint(record.feedSequence);
  const { id, tailSequence } = record;
  // A document has a name: an empty one stands for none.
  if (id !== undefined || tailSequence > 0) writer.varString(id?.collection ?? '').varString(id?.name ?? '');
  if (tailSequence > 0) writer.varUint(tailSequence);
  return writer.finish();
}

export function decodeQuarantine(reader: ByteReader): QuarantineRecord {
  const reason = reasons[reader.byte()] ?? 'CHECKSUM';
  const life = reader.varUint();
  const feedSequence = reader.varUint();
  const isNamed = reader.remaining > 0;
  const collection = isNamed ? reader.varString(limits.collectionNameBytes) : '';
  const name = isNamed ? reader.varString(limits.documentNameBytes) : '';
  // The first release did not note it.
  const tailSequence = reader.remaining > 0 ? reader.varUint() : 0;
  return { reason, life, tailSequence, feedSequence, id: name === '' ? undefined : { collection, name } };
}

export function encodeIdentity(replica: ReplicaId, incarnation: number): Uint8Array {
  return new ByteWriter(24).bytes(fromHex(replica)).varUint(incarnation).finish();
}

export function decodeIdentity(reader: ByteReader): {
  readonly replicaId: ReplicaId;
  readonly incarnation: number;
} {
  return { replicaId: replicaId(reader), incarnation: reader.varUint() };
}

function replicaId(reader: ByteReader): ReplicaId {
  return toHex(reader.bytes(16)) as ReplicaId;
}
