import { type DocumentId, equalBytes } from '@hearsay/core';
import { at, type Database, type Moment } from './database.ts';
import { readRecord } from './envelope.ts';
import { errorCodes } from './errors.ts';
import { documentRange, headKey, nameKey, snapshotKey, tailKey, versionKey, versionRange } from './keys.ts';
import { decodeHead, type HeadRecord } from './records.ts';

/** A record as it is found; without a value when it is there and cannot be read. */
export type FoundRecord = readonly [key: Uint8Array, value: Uint8Array | undefined];

/** Whether a read failed because of the bytes on disk, not because the database was closed under it. */
export function isUnreadable(error: unknown): boolean {
  return errorCodes(error).some((code) => code === 'LEVEL_CORRUPTION' || code === 'LEVEL_IO_ERROR');
}

/**
 * All records of a document, of one moment. By their keys, which the head tells: an iterator costs five times as much.
 * `id` is whose document it is, where that is known: then nothing has to be searched for below a name that is not there.
 */
export async function readDocumentRecords(
  database: Database,
  keyBytes: Uint8Array,
  withSnapshot: boolean,
  id?: DocumentId,
  moment?: Moment,
): Promise<readonly FoundRecord[]> {
  try {
    const found = database.supports.explicitSnapshots
      ? await readByKeys(database, keyBytes, withSnapshot, id, moment)
      : undefined;
    return found ?? (await search(database, keyBytes, withSnapshot, moment));
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return readOneByOne(database, keyBytes, withSnapshot);
  }
}

/** Keys of all records of a document, as far as they can be known. */
export async function documentRecordKeys(
  database: Database,
  keyBytes: Uint8Array,
): Promise<readonly Uint8Array[]> {
  try {
    return await database.keys(documentRange(keyBytes)).all();
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return (await readOneByOne(database, keyBytes, true)).map(([key]) => key);
  }
}

/** Undefined when the head does not tell the others' keys. */
async function readByKeys(
  database: Database,
  keyBytes: Uint8Array,
  withSnapshot: boolean,
  id: DocumentId | undefined,
  moment: Moment | undefined,
): Promise<readonly FoundRecord[] | undefined> {
  const snapshot = moment ?? database.snapshot();
  try {
    const key = headKey(keyBytes);
    const names = id === undefined ? [] : [nameKey(id.collection, id.name)];
    const [head, name] = await database.getMany([key, ...names], { snapshot });
    if (head === undefined) return id !== undefined && name === undefined ? [] : undefined;
    if (parseHead([key, head]) === undefined) return undefined;
    const keys = recordKeys(keyBytes, [key, head], withSnapshot);
    const values: (Uint8Array | undefined)[] = [];
    for (let first = 0; first < keys.length; first += keysAtOnce) {
      values.push(...(await database.getMany(keys.slice(first, first + keysAtOnce), { snapshot })));
    }
    const records = keys.map((record, index): FoundRecord => [record, values[index]]);
    return [[key, head], ...records.filter(([, value]) => value !== undefined)];
  } finally {
    if (moment === undefined) await snapshot.close();
  }
}

/** What is read of a long log before others have their turn. */
const keysAtOnce = 512;

/** An iterator is a snapshot too. One bad key in a table ends every iterator that comes past it, for good. */
function search(
  database: Database,
  keyBytes: Uint8Array,
  withSnapshot: boolean,
  moment: Moment | undefined,
): Promise<readonly FoundRecord[]> {
  const range = withSnapshot ? documentRange(keyBytes) : versionRange(keyBytes);
  return database.iterator(at(range, moment)).all();
}

/** Tries before a document that changes all the time is taken as it was read. */
const maxAttempts = 5;

async function readOneByOne(
  database: Database,
  keyBytes: Uint8Array,
  withSnapshot: boolean,
): Promise<readonly FoundRecord[]> {
  for (let attempt = 1; ; attempt++) {
    const found: FoundRecord[] = [];
    const before = await readOne(database, headKey(keyBytes));
    for (const key of recordKeys(keyBytes, before, withSnapshot)) {
      const record = await readOne(database, key);
      if (record !== undefined) found.push(record);
    }
    const after = await readOne(database, headKey(keyBytes));
    if (isSame(before, after) || attempt === maxAttempts)
      return before === undefined ? [] : [before, ...found];
  }
}

function recordKeys(
  keyBytes: Uint8Array,
  head: FoundRecord | undefined,
  withSnapshot: boolean,
): Uint8Array[] {
  const parsed = parseHead(head);
  const keys: Uint8Array[] = [];
  if (parsed === undefined) return keys;
  if (parsed.snapshotBytes > 0) keys.push(versionKey(keyBytes));
  for (let sequence = parsed.baseSequence + 1; sequence <= parsed.tailSequence; sequence++) {
    keys.push(tailKey(keyBytes, sequence));
  }
  if (withSnapshot && parsed.snapshotBytes > 0) keys.push(snapshotKey(keyBytes));
  return keys;
}

function parseHead(record: FoundRecord | undefined): HeadRecord | undefined {
  const [key, value] = record ?? [];
  return key === undefined || value === undefined ? undefined : readRecord(key, value, decodeHead);
}

async function readOne(database: Database, key: Uint8Array): Promise<FoundRecord | undefined> {
  try {
    const value = await database.get(key);
    return value === undefined ? undefined : [key, value];
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return [key, undefined];
  }
}

function isSame(a: FoundRecord | undefined, b: FoundRecord | undefined): boolean {
  const [one, other] = [a?.[1], b?.[1]];
  return one === other || (one !== undefined && other !== undefined && equalBytes(one, other));
}
