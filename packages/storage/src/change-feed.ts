import type { DocumentKey } from '@hearsay/core';
import { at, type Database, type Moment } from './database.ts';
import { readRecord } from './envelope.ts';
import { feedAfter, feedKey, parseFeedKey } from './keys.ts';
import { decodeKey } from './records.ts';

export interface FeedEntry {
  readonly sequence: number;
  readonly key: DocumentKey;
}

export interface FeedPage {
  readonly entries: readonly FeedEntry[];
  /** Entries that could not be read: their documents are found by the scrub. */
  readonly damaged: number;
  /** Sequence up to which everything is in this page or the ones before. */
  readonly cursor: number;
}

/** Entries in (after, upTo], oldest first, one for each document. */
export async function readFeed(
  database: Database,
  after: number,
  upTo: number,
  limit: number,
  moment?: Moment,
): Promise<FeedPage> {
  if (after >= upTo) return { entries: [], damaged: 0, cursor: upTo };
  const range = { ...feedAfter(after), lt: feedKey(upTo + 1), limit };
  const records = await database.iterator(at(range, moment)).all();
  const latest = new Map<DocumentKey, number>();
  let damaged = 0;
  for (const [key, value] of records) {
    const document = readRecord(key, value, decodeKey);
    if (document === undefined) {
      damaged++;
      continue;
    }
    // A document whose head was lost has left an entry behind that nobody could find: the later one counts.
    latest.delete(document);
    latest.set(document, parseFeedKey(key));
  }
  const entries = [...latest].map(([key, sequence]) => ({ sequence, key }));
  const last = records[records.length - 1];
  return {
    entries,
    damaged,
    cursor: last === undefined || records.length < limit ? upTo : parseFeedKey(last[0]),
  };
}
