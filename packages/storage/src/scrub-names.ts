import { type DocumentId, type DocumentKey, documentKey } from '@hearsay/core';
import type { DatabaseHandle } from './database-handle.ts';
import { readRecord } from './envelope.ts';
import { documentKeyBytes, headKey, namesAfter, parseNameKey } from './keys.ts';
import { decodeKey } from './records.ts';

/** A document that is listed. */
export interface ListedDocument {
  readonly id: DocumentId;
  readonly key: DocumentKey;
}

export interface NamesVerdict {
  readonly listed: readonly ListedDocument[];
  /** Those of them without a head. */
  readonly lost: readonly ListedDocument[];
  /** Where to go on; undefined after the last name. */
  readonly next: Uint8Array | undefined;
}

/** Looks for the documents of some names, the first of the store or those after `from`. */
export function checkNames(handle: DatabaseHandle, from: Uint8Array | undefined): Promise<NamesVerdict> {
  return handle.read(async (database) => {
    const { gte, lt } = namesAfter('');
    const range = from === undefined ? { gte, lt } : { gt: from, lt };
    const records = await database.iterator({ ...range, limit: pageSize }).all();
    const listed = records.flatMap(([record, value]): ListedDocument[] => {
      const id = parseNameKey(record);
      const key = readRecord(record, value, decodeKey);
      return id !== undefined && key !== undefined && key === documentKey(id) ? [{ id, key }] : [];
    });
    const heads = await database.getMany(listed.map(({ key }) => headKey(documentKeyBytes(key))));
    return {
      listed,
      lost: listed.filter((_, index) => heads[index] === undefined),
      next: records.length < pageSize ? undefined : records.at(-1)?.[0],
    };
  });
}

/** A name costs a fiftieth of a document. */
const pageSize = 50;
