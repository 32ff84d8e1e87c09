import { type ByteReader, type DocumentKey, emptyDigest } from '@hearsay/core';
import type { IndexRoot } from '@hearsay/merkle';
import type { Database } from './database.ts';
import { readRecord } from './envelope.ts';
import { decodeIndexRoot, type IndexRoots } from './index-records.ts';
import {
  feedAfter,
  indexNodesAfter,
  indexRootRange,
  type MetaName,
  metaKey,
  outboxFrom,
  parseFeedKey,
  parseIndexNodeKey,
  parseIndexRootKey,
  parseOutboxKey,
  parseQuarantineKey,
  quarantineRange,
} from './keys.ts';
import {
  type Counters,
  decodeCounters,
  decodeNumber,
  decodeOutbox,
  decodeQuarantine,
  noCounters,
  type QuarantineRecord,
} from './records.ts';
import { decodeStarts, type StoreStart } from './starts.ts';

/** What a store keeps in memory from its opening on; read in time that does not depend on the number of documents. */
export interface Hydrated {
  readonly counters: Counters;
  readonly roots: IndexRoots;
  /** Whether a root was lost or cannot be read: the indexes are then to be built anew. */
  readonly rootsDamaged: boolean;
  /** The index holds the change feed up to here. */
  readonly indexCursor: number;
  readonly quarantined: ReadonlyMap<DocumentKey, QuarantineRecord>;
  /** Gaps among the batches that were written: the index is then not to be trusted. */
  readonly holes: number;
  /** Changes that were in those batches. */
  readonly missing: number;
  /** First outbox entry after the last gap; 0 when there is none. */
  readonly soundFrom: number;
  readonly damagedRecords: number;
  /** Oldest first; without this one. */
  readonly starts: readonly StoreStart[];
}

export async function hydrate(database: Database): Promise<Hydrated> {
  let damagedRecords = 0;
  const damaged = (): undefined => {
    damagedRecords++;
  };
  async function meta<T>(name: MetaName, read: (reader: ByteReader) => T): Promise<T | undefined> {
    const key = metaKey(name);
    const value = await database.get(key);
    return value === undefined ? undefined : (readRecord(key, value, read) ?? damaged());
  }
  const kept = await meta('counters', decodeCounters);
  const roots = new Map<string, IndexRoot>();
  let rootsDamaged = false;
  for await (const [key, value] of database.iterator(indexRootRange())) {
    const root = readRecord(key, value, decodeIndexRoot) ?? damaged();
    rootsDamaged ||= root === undefined;
    const collection = parseIndexRootKey(key);
    if (collection !== undefined) roots.set(collection, root ?? emptyIndex);
  }
  for (const collection of await collectionsWithNodes(database)) {
    if (roots.has(collection)) continue;
    rootsDamaged = true;
    roots.set(collection, emptyIndex);
  }
  const quarantined = new Map<DocumentKey, QuarantineRecord>();
  for await (const [key, value] of database.iterator(quarantineRange())) {
    const document = parseQuarantineKey(key);
    const record = readRecord(key, value, decodeQuarantine) ?? damaged();
    if (document !== undefined) quarantined.set(document, record ?? unreadable);
  }
  const { counters, holes, missing, soundFrom } =
    kept === undefined ? await countAnew(database) : await compareOutbox(database, kept);
  const indexCursor = (await meta('index', decodeNumber)) ?? 0;
  const starts = (await meta('starts', decodeStarts)) ?? [];
  return {
    counters,
    roots,
    rootsDamaged,
    indexCursor,
    quarantined,
    holes,
    missing,
    soundFrom,
    damagedRecords,
    starts,
  };
}

const emptyIndex: IndexRoot = { count: 0, digest: emptyDigest };

const unreadable: QuarantineRecord = {
  reason: 'CHECKSUM',
  life: 0,
  tailSequence: 0,
  feedSequence: 0,
  id: undefined,
};

/** One look for each collection, and one for each damaged key. */
async function collectionsWithNodes(database: Database): Promise<readonly string[]> {
  const found: string[] = [];
  const { lt } = indexNodesAfter(undefined);
  let range: { gt?: Uint8Array; gte?: Uint8Array; lt: Uint8Array } = indexNodesAfter(undefined);
  for (;;) {
    const [key] = await database.keys({ ...range, limit: 1 }).all();
    if (key === undefined) return found;
    const collection = parseIndexNodeKey(key);
    if (collection === undefined) range = { gt: key, lt };
    else {
      found.push(collection);
      range = indexNodesAfter(collection);
    }
  }
}

interface OutboxState {
  readonly counters: Counters;
  readonly holes: number;
  readonly missing: number;
  readonly soundFrom: number;
}

/** Every batch with news has an outbox record, in sequence: a gap is a batch that is missing from LevelDB's log. */
async function compareOutbox(database: Database, kept: Counters): Promise<OutboxState> {
  let holes = 0;
  let missing = 0;
  let soundFrom = 0;
  let next = kept.outboxFirst;
  for await (const key of database.keys(outboxFrom(0))) {
    const { first, count } = parseOutboxKey(key);
    if (first > next) {
      holes++;
      missing += first - next;
      soundFrom = first;
    }
    next = Math.max(next, first + count);
  }
  const outboxHead = Math.max(kept.outboxHead, next - 1);
  if (next <= outboxHead) {
    holes++;
    missing += outboxHead + 1 - next;
    soundFrom = outboxHead + 1;
  }
  return { counters: { ...kept, outboxHead }, holes, missing, soundFrom };
}

/** In a new store, or where the record is lost: the feed has one entry for each document. */
async function countAnew(database: Database): Promise<OutboxState> {
  let { feedHead, outboxHead, outboxFirst, outboxBytes, documents } = noCounters;
  for await (const key of database.keys(feedAfter(0))) {
    feedHead = Math.max(feedHead, parseFeedKey(key));
    documents++;
  }
  for await (const [key, value] of database.iterator(outboxFrom(0))) {
    const { first, count } = parseOutboxKey(key);
    if (count === 0) continue;
    if (outboxHead === 0) outboxFirst = first;
    outboxHead = first + count - 1;
    for (const { bytes } of readRecord(key, value, decodeOutbox) ?? []) outboxBytes += bytes;
  }
  // A store with documents has counters: that they are gone is a hole by itself.
  return {
    // Not to be told from what is left: a backup begins anew.
    counters: { feedHead, outboxHead, outboxFirst, outboxBytes, documents, forgottenFeed: feedHead },
    holes: documents > 0 ? 1 : 0,
    missing: 0,
    soundFrom: 0,
  };
}
