import type { Life } from '@hearsay/core';
import { type BatchOperation, type Database, del } from './database.ts';
import type { DatabaseHandle } from './database-handle.ts';
import { readRecord } from './envelope.ts';
import { documentKeyBytes, headKey, outboxFrom, outboxUpTo, parseOutboxKey, tailKey } from './keys.ts';
import { type Counters, decodeHead, decodeOutbox, decodePart, type OutboxReference } from './records.ts';
import type { OutboxEntry, OutboxPage } from './replica.ts';
import type { CommittedChange } from './store-types.ts';

/** The store's log of committed changes, as references into the documents' tails: what direct mail reads. */
export interface Outbox {
  page(after: number, maxBytes: number): Promise<OutboxPage>;
  /** Keeps what was just committed in memory, for the peers in step. */
  committed(changes: readonly CommittedChange[]): void;
  /** After a write error: memory may be ahead of the disk. */
  clear(): void;
  /** Changes after one sequence and up to another that a database has, as far as they can be read. */
  found(database: Database, after: number, head: number): Promise<readonly CommittedChange[]>;
  /** What is older belongs to a time of which changes are missing: it is excess. */
  dropBefore(sequence: number): void;
  /** The oldest records to delete when there is too much; undefined when there is not. */
  excess(): Promise<OutboxExcess | undefined>;
}

export interface OutboxExcess {
  readonly operations: readonly BatchOperation[];
  readonly entries: number;
  readonly bytes: number;
}

export interface OutboxDeps {
  readonly handle: DatabaseHandle;
  counters(): Counters;
  readonly maxBytes: number;
  readonly maxEntries: number;
  readonly maxRecentBytes: number;
}

/** Added to an entry's update: name, life and framing. */
const entryOverheadBytes = 64;
/** Trimming to seven eighths: then it is not to be done again with the next batch. */
const keptShare = 7 / 8;
/** Outbox records read at a time. */
const recordsPerRead = 64;

export function createOutbox(deps: OutboxDeps): Outbox {
  const { handle } = deps;
  let recent: OutboxEntry[] = [];
  let recentBytes = 0;
  let floor = 0;

  async function page(after: number, maxBytes: number): Promise<OutboxPage> {
    const { outboxFirst, outboxHead } = deps.counters();
    const start = Math.max(after, outboxFirst - 1);
    let dropped = Math.min(start, outboxHead) - Math.min(after, outboxHead);
    const entries: OutboxEntry[] = [];
    let cursor = Math.min(start, outboxHead);
    let bytes = 0;
    const first = recent[0];
    while (cursor < outboxHead && bytes < maxBytes) {
      const inMemory = first !== undefined && cursor + 1 >= first.sequence;
      const batch: readonly { readonly sequence: number; readonly entry: OutboxEntry | undefined }[] =
        inMemory
          ? recent.slice(cursor + 1 - first.sequence).map((entry) => ({ sequence: entry.sequence, entry }))
          : await handle.read((database) => readEntries(database, cursor, outboxHead));
      for (const { sequence, entry } of batch) {
        const size = entry === undefined ? 0 : sizeOf(entry);
        if (entries.length > 0 && bytes + size > maxBytes) return { entries, cursor, dropped };
        // What lies between was never found: a hole in the log.
        dropped += sequence - cursor - 1;
        cursor = sequence;
        bytes += size;
        if (entry === undefined) dropped++;
        else entries.push(entry);
      }
      if (batch.length === 0) {
        dropped += outboxHead - cursor;
        cursor = outboxHead;
      }
    }
    return { entries, cursor, dropped };
  }

  return {
    page,
    committed(changes) {
      for (const change of changes) {
        const entry = entryOf(change);
        recent.push(entry);
        recentBytes += heldBy(entry);
      }
      if (recentBytes <= deps.maxRecentBytes) return;
      let gone = 0;
      while (recentBytes > deps.maxRecentBytes * keptShare) {
        const entry = recent[gone++];
        if (entry === undefined) break;
        recentBytes -= heldBy(entry);
      }
      recent = recent.slice(gone);
    },
    clear() {
      recent = [];
      recentBytes = 0;
    },
    async found(database, after, head) {
      const changes: CommittedChange[] = [];
      let cursor = after;
      while (cursor < head) {
        const entries = await readEntries(database, cursor, head);
        for (const { entry, life } of entries) if (entry !== undefined) changes.push(changeOf(entry, life));
        cursor = entries.at(-1)?.sequence ?? head;
      }
      return changes;
    },
    dropBefore(sequence) {
      floor = sequence;
    },
    async excess() {
      const { outboxFirst, outboxHead, outboxBytes } = deps.counters();
      const count = outboxHead - outboxFirst + 1;
      const overBytes = outboxBytes > deps.maxBytes ? outboxBytes - deps.maxBytes * keptShare : 0;
      const overEntries = Math.max(
        floor - outboxFirst,
        count > deps.maxEntries ? count - deps.maxEntries * keptShare : 0,
      );
      if (overBytes <= 0 && overEntries <= 0) return undefined;
      return handle.read(async (database) => {
        const operations: BatchOperation[] = [];
        let entries = 0;
        let bytes = 0;
        for await (const [key, value] of database.iterator(outboxFrom(0))) {
          const { first, count: inRecord } = parseOutboxKey(key);
          entries = first - outboxFirst;
          if (bytes >= overBytes && entries >= overEntries) break;
          operations.push(del(key));
          entries += inRecord;
          for (const reference of readRecord(key, value, decodeOutbox) ?? []) bytes += reference.bytes;
        }
        return { operations, entries, bytes: Math.min(bytes, outboxBytes) };
      });
    },
  };
}

async function readEntries(
  database: Database,
  after: number,
  head: number,
): Promise<
  readonly { readonly sequence: number; readonly life: Life; readonly entry: OutboxEntry | undefined }[]
> {
  const [last] = await database.keys({ ...outboxUpTo(after + 1), reverse: true, limit: 1 }).all();
  const from = last === undefined ? after + 1 : parseOutboxKey(last).first;
  const records = await database.iterator({ ...outboxFrom(from), limit: recordsPerRead }).all();
  const references: { sequence: number; reference: OutboxReference }[] = [];
  for (const [key, value] of records) {
    const { first } = parseOutboxKey(key);
    for (const [index, reference] of (readRecord(key, value, decodeOutbox) ?? []).entries()) {
      const sequence = first + index;
      if (sequence > after && sequence <= head) references.push({ sequence, reference });
    }
  }
  const wanted = references.map(({ reference }) => recordOf(reference));
  const heads = wanted.map(({ head: key }) => key);
  const values = await database.getMany([...heads, ...wanted.flatMap(({ tail }) => tail ?? [])]);
  let nextTail = heads.length;
  return references.map(({ sequence, reference }, index) => {
    const place = wanted[index];
    const tail = place?.tail === undefined ? undefined : { key: place.tail, value: values[nextTail++] };
    const head = { key: heads[index], value: values[index] };
    return { sequence, life: reference.life, entry: toEntry(sequence, reference, head, tail) };
  });
}

function recordOf(reference: OutboxReference): { head: Uint8Array; tail: Uint8Array | undefined } {
  const keyBytes = documentKeyBytes(reference.key);
  return {
    head: headKey(keyBytes),
    tail: reference.tailSequence === 0 ? undefined : tailKey(keyBytes, reference.tailSequence),
  };
}

interface ReadValue {
  readonly key: Uint8Array | undefined;
  readonly value: Uint8Array | undefined;
}

/** Undefined when the change is compacted away, superseded or damaged. */
function toEntry(
  sequence: number,
  reference: OutboxReference,
  headValue: ReadValue,
  tailValue: ReadValue | undefined,
): OutboxEntry | undefined {
  const { key, from } = reference;
  const head = readValue(headValue, decodeHead);
  if (head === undefined) return undefined;
  const { id } = head;
  if (tailValue === undefined) {
    if (head.certificate === null || head.isFormer) return undefined;
    return { sequence, key, from, change: { kind: 'certificate', id, certificate: head.certificate } };
  }
  const part = readValue(tailValue, decodePart);
  if (part === undefined || part.life !== reference.life) return undefined;
  return { sequence, key, from, change: { kind: 'update', id, life: part.life, update: part.bytes } };
}

function readValue<T>({ key, value }: ReadValue, read: Parameters<typeof readRecord<T>>[2]): T | undefined {
  return key === undefined || value === undefined ? undefined : readRecord(key, value, read);
}

function entryOf(change: CommittedChange): OutboxEntry {
  const { key, id, life, origin, sequence } = change;
  const from = origin.kind === 'peer' ? origin.replica : null;
  if (change.certificate !== null) {
    return { sequence, key, from, change: { kind: 'certificate', id, certificate: change.certificate } };
  }
  if (change.update === null) throw new Error('a change without an update or a certificate');
  return { sequence, key, from, change: { kind: 'update', id, life, update: change.update } };
}

/** Which client it came from is not kept. */
function changeOf({ key, sequence, from, change }: OutboxEntry, life: Life): CommittedChange {
  const origin: CommittedChange['origin'] =
    from === null ? { kind: 'local' } : { kind: 'peer', replica: from };
  if (change.kind === 'update') {
    const { id, update } = change;
    return { key, sequence, origin, id, life, update, certificate: null };
  }
  const { id, certificate } = change;
  return { key, sequence, origin, id, life, update: null, certificate };
}

function sizeOf(entry: OutboxEntry): number {
  return entryOverheadBytes + (entry.change.kind === 'update' ? entry.change.update.byteLength : 0);
}

/** In memory: objects, keys and views take far more than most updates. */
function heldBy(entry: OutboxEntry): number {
  return 512 + (entry.change.kind === 'update' ? entry.change.update.byteLength : 0);
}
