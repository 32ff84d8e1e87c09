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
    const name = parseNameKey(recordKey)?.name;
    if (key !== undefined && name !== undefined) listings.push({ key, name });
  }
  return listings;
}

/** Collections that have a live document: one seek for each, and one for each damaged key. */
export async function listCollections(database: Database): Promise<readonly string[]> {
  const collections: string[] = [];
  let range: { gt?: Uint8Array; gte?: Uint8Array; lt: Uint8Array } = namesAfter('');
  for (;;) {
    const [key] = await database.keys({ ...range, limit: 1 }).all();
    if (key === undefined) return collections.sort();
    const collection = parseNameKey(key)?.collection;
    const { lt } = namesAfter('');
    if (collection === undefined) range = { gt: key, lt };
    else {
      collections.push(collection);
      range = namesAfter(collection);
    }
  }
}
