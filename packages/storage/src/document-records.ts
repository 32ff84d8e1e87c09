import { equalBytes } from '@hearsay/core';
import type { Database } from './database.ts';
import { readRecord } from './envelope.ts';
import { errorCodes } from './errors.ts';
import { documentRange, headKey, snapshotKey, tailKey, versionKey, versionRange } from './keys.ts';
import { decodeHead, type HeadRecord } from './records.ts';

/** A record as it is found; without a value when it is there and cannot be read. */
export type FoundRecord = readonly [key: Uint8Array, value: Uint8Array | undefined];

/** Whether a read failed because of the bytes on disk, not because the database was closed under it. */
export function isUnreadable(error: unknown): boolean {
  return errorCodes(error).some((code) => code === 'LEVEL_CORRUPTION' || code === 'LEVEL_IO_ERROR');
}

/**
 * All records of a document, of one moment: an iterator is a snapshot. One bad key in a table ends every iterator that
 * comes past it, for good; then each record is asked for by its key.
 */
export async function readDocumentRecords(
  database: Database,
  keyBytes: Uint8Array,
  withSnapshot: boolean,
): Promise<readonly FoundRecord[]> {
  try {
    return await database.iterator(withSnapshot ? documentRange(keyBytes) : versionRange(keyBytes)).all();
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
  const keys = [versionKey(keyBytes)];
  if (parsed === undefined) return keys;
  for (let sequence = parsed.baseSequence + 1; sequence <= parsed.tailSequence; sequence++) {
    keys.push(tailKey(keyBytes, sequence));
  }
  if (withSnapshot) keys.push(snapshotKey(keyBytes));
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
