import type { DocumentKey } from '@hearsay/core';
import type { Database } from './database.ts';
import { readRecord } from './envelope.ts';
import { decodeIndexRoot, type IndexRoots } from './index-records.ts';
import {
  indexRootRange,
  metaKey,
  outboxFrom,
  parseIndexRootKey,
  parseOutboxKey,
  parseQuarantineKey,
  quarantineRange,
} from './keys.ts';
import {
  type Counters,
  decodeCounters,
  decodeNumber,
  decodeQuarantine,
  noCounters,
  type QuarantineRecord,
} from './records.ts';

/** What a store keeps in memory from its opening on; read in time that does not depend on the number of documents. */
export interface Hydrated {
  readonly counters: Counters;
  readonly roots: IndexRoots;
  /** The index holds the change feed up to here. */
  readonly indexCursor: number;
  readonly quarantined: ReadonlyMap<DocumentKey, QuarantineRecord>;
  /** Whether batches are missing among those written: the index is then not to be trusted. */
  readonly holes: number;
  readonly damagedRecords: number;
}

const unreadable: QuarantineRecord = { reason: 'CHECKSUM', life: 0, feedSequence: 0, id: undefined };

export async function hydrate(database: Database): Promise<Hydrated> {
  let damagedRecords = 0;
  let holes = 0;
  async function meta<T>(
    name: 'counters' | 'index',
    read: Parameters<typeof readRecord<T>>[2],
  ): Promise<T | undefined> {
    const key = metaKey(name);
    const value = await database.get(key);
    if (value === undefined) return undefined;
    const record = readRecord(key, value, read);
    if (record === undefined) damagedRecords++;
    return record;
  }
  const kept = (await meta('counters', decodeCounters)) ?? noCounters;
  const roots = new Map<string, ReturnType<typeof decodeIndexRoot>>();
  for await (const [key, value] of database.iterator(indexRootRange())) {
    const root = readRecord(key, value, decodeIndexRoot);
    if (root === undefined) damagedRecords++;
    else roots.set(parseIndexRootKey(key), root);
  }
  const quarantined = new Map<DocumentKey, QuarantineRecord>();
  for await (const [key, value] of database.iterator(quarantineRange())) {
    const document = parseQuarantineKey(key);
    if (document === undefined) damagedRecords++;
    else quarantined.set(document, readRecord(key, value, decodeQuarantine) ?? unreadable);
  }
  let next = kept.outboxFirst;
  for await (const key of database.keys(outboxFrom(0))) {
    const { first, count } = parseOutboxKey(key);
    if (first > next) holes++;
    next = Math.max(next, first + count);
  }
  if (next !== kept.outboxHead + 1) holes++;
  const counters = { ...kept, outboxHead: Math.max(kept.outboxHead, next - 1) };
  const indexCursor = (await meta('index', decodeNumber)) ?? 0;
  return { counters, roots, indexCursor, quarantined, holes, damagedRecords };
}
