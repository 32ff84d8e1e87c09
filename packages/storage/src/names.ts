import { compareBytes } from '@hearsay/core';
import type { Database } from './database.ts';
import { readRecord } from './envelope.ts';
import { nameKey, nameRange, namesAfter, parseNameKey } from './keys.ts';
import { decodeKey } from './records.ts';
import type { DocumentListing } from './store-types.ts';

/** Live documents of one collection by name, after one. */
export async function listNames(
  database: Database,
  collection: string,
  after: string,
  limit: number,
  prefix: string,
): Promise<readonly DocumentListing[]> {
  const { gte, lt } = nameRange(collection, prefix);
  const gt = nameKey(collection, after);
  const range = compareBytes(gt, gte) >= 0 ? { gt, lt, limit } : { gte, lt, limit };
  const records = await database.iterator(range).all();
  const listings: DocumentListing[] = [];
  for (const [recordKey, value] of records) {
    const key = readRecord(recordKey, value, decodeKey);
    if (key !== undefined) listings.push({ key, name: parseNameKey(recordKey).name });
  }
  return listings;
}

/** Collections that have a live document: one seek for each. */
export async function listCollections(database: Database): Promise<readonly string[]> {
  const collections: string[] = [];
  let last = '';
  for (;;) {
    const [key] = await database.keys({ ...namesAfter(last), limit: 1 }).all();
    if (key === undefined) return collections.sort();
    last = parseNameKey(key).collection;
    collections.push(last);
  }
}
