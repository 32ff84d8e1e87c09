import type { Clock, DocumentKey } from '@hearsay/core';
import { readFeed } from '../change-feed.ts';
import type { Database, Moment } from '../database.ts';
import type { DatabaseHandle } from '../database-handle.ts';
import { type LoadedDocument, type LoadOptions, loadDocument, type Pace } from '../document-loader.ts';
import { type DocumentState, lastEnd } from '../document-state.ts';
import { readRecord } from '../envelope.ts';
import { leafOf } from '../index-leaf.ts';
import { documentKeyBytes, metaKey } from '../keys.ts';
import type { Quarantine } from '../quarantine.ts';
import { type Counters, decodeCounters } from '../records.ts';
import type { ReplicaIdentity } from '../replica.ts';
import { isSameHistory, type StoreStart } from '../starts.ts';
import {
  type BackupDamage,
  type BackupDocument,
  BackupError,
  type BackupPosition,
  type BackupRecord,
  type WholeReason,
} from './record.ts';

export interface ExportDeps {
  readonly handle: DatabaseHandle;
  readonly identity: ReplicaIdentity;
  readonly clock: Pick<Clock, 'now'>;
  readonly quarantine: Quarantine;
  /** The present one is the last. */
  readonly starts: readonly StoreStart[];
  counters(): Counters;
  /** What is in memory of a document. */
  known(key: DocumentKey): DocumentState | undefined;
}

/** Documents read at a time. */
const pageDocuments = 64;
/** So few changes are read at one moment: an iterator or snapshot of LevelDB's is to be short. */
const lastDocuments = 512;
/** After so many rounds the rest is read at one moment, however much it is: writers may be faster than this. */
const maxRounds = 16;

/**
 * Tells every document changed after a position in the change feed, deleted ones too, while writes go on. Rounds over
 * the feed come ever closer to its head; the last is read from a snapshot of the database. So all parts together are the
 * store as it was at that moment, though each document before was read at its own.
 */
export async function* exportChanges(
  deps: ExportDeps,
  since: BackupPosition | undefined,
): AsyncGenerator<BackupRecord> {
  const { handle, identity, clock } = deps;
  const { feedHead, documents } = deps.counters();
  const whole = since && wholeReason(deps, since);
  const from = whole === undefined ? (since?.cursor ?? 0) : 0;
  yield {
    kind: 'start',
    ...identity,
    since: from,
    start: deps.starts.at(-1)?.id,
    whole,
    startedAt: clock.now(),
    expected: Math.min(feedHead - from, documents),
  };
  const damaged = new Map<DocumentKey, BackupDamage>();
  for (const { key, id, reason } of deps.quarantine.list()) damaged.set(key, { key, id: id ?? null, reason });

  async function* tell(
    database: Database,
    keys: readonly DocumentKey[],
    moment: Moment | undefined,
  ): AsyncGenerator<BackupDocument> {
    const read = await Promise.all(
      keys.map((key) => readOne(database, key, { moment, known: deps.known(key) }, handle.pace)),
    );
    for (const [at, document] of read.entries()) {
      const key = keys[at];
      if (key === undefined || document === undefined) continue;
      const told = document.kind === 'damaged' ? await readAgain(document) : document;
      if (told === undefined) continue;
      const quarantined = deps.quarantine.get(key);
      if (told.kind === 'document' && quarantined === undefined) {
        damaged.delete(key);
        yield told;
      } else if (!damaged.has(key)) {
        // Also what somebody else has put in quarantine since this part began, though it can be read here.
        const reason = told.kind === 'damaged' ? told.reason : (quarantined?.reason ?? 'UNREADABLE');
        damaged.set(key, { key, id: told.id ?? quarantined?.id ?? null, reason });
      }
    }
  }

  /**
   * A disk that had one bad moment must not cost a document, which no later part would tell: it is told as it is now. What is
   * damaged now too is in quarantine from here on: peers are to heal it, and its release moves it in the feed, into the next part.
   */
  async function readAgain(before: FoundDamage): Promise<BackupDocument | FoundDamage | undefined> {
    const again = toldOf(before.key, await deps.quarantine.loadContents(before.key));
    return again?.kind === 'damaged' ? before : again;
  }

  let cursor = from;
  let unlisted = 0;
  for (let round = 0; round < maxRounds; round++) {
    const { feedHead: upTo } = deps.counters();
    if (upTo - cursor <= lastDocuments) break;
    while (cursor < upTo) {
      const after = cursor;
      const { database, page } = await handle.read(async (database) => ({
        database,
        page: await readFeed(database, after, upTo, pageDocuments),
      }));
      yield* interruptible(handle, database, tell(database, keysOf(page), undefined));
      cursor = page.cursor;
      unlisted += page.damaged;
    }
  }

  const database = await handle.read(async (current) => current);
  const moment = database.supports.explicitSnapshots ? database.snapshot() : undefined;
  try {
    const { feedHead: upTo, documents: total } = await countersAt(database, moment, deps.counters());
    while (cursor < upTo) {
      const page = await readFeed(database, cursor, upTo, pageDocuments, moment);
      yield* interruptible(handle, database, tell(database, keysOf(page), moment));
      cursor = page.cursor;
      unlisted += page.damaged;
    }
    const endedAt = clock.now();
    yield { kind: 'end', cursor, total, damaged: [...damaged.values()], unlisted, endedAt };
  } finally {
    await moment?.close();
  }
}

/** Why changes since a position would not be all that makes of a backup up to there one of this store. */
function wholeReason(
  { identity, starts, counters }: ExportDeps,
  { replicaId, start, cursor }: BackupPosition,
): WholeReason | undefined {
  if (replicaId !== identity.replicaId) return 'OTHER_REPLICA';
  if (start === undefined || starts.length === 0) return 'START_UNKNOWN';
  const { feedHead, forgottenFeed } = counters();
  if (cursor > feedHead || !isSameHistory(starts, { id: start, feedSequence: cursor }))
    return 'OTHER_HISTORY';
  return cursor < forgottenFeed ? 'FORGOTTEN' : undefined;
}

/** What was read from a database that has been exchanged since is not told. */
async function* interruptible<T>(
  handle: DatabaseHandle,
  database: Database,
  source: AsyncIterable<T>,
): AsyncGenerator<T> {
  try {
    yield* source;
  } catch (error) {
    if (handle.current() === database) throw error;
    throw new BackupError('BACKUP_INTERRUPTED', 'the store was opened anew meanwhile; begin again');
  }
}

async function countersAt(
  database: Database,
  moment: Moment | undefined,
  present: Counters,
): Promise<Counters> {
  if (moment === undefined) return present;
  const key = metaKey('counters');
  const value = await database.get(key, { snapshot: moment });
  return (value === undefined ? undefined : readRecord(key, value, decodeCounters)) ?? present;
}

async function readOne(
  database: Database,
  key: DocumentKey,
  options: LoadOptions,
  pace: Pace,
): Promise<BackupDocument | FoundDamage | undefined> {
  return toldOf(key, await loadDocument(database, documentKeyBytes(key), 'contents', pace, options));
}

type FoundDamage = BackupDamage & { readonly kind: 'damaged' };

/** Undefined of what nothing is left of that others would have to know. */
function toldOf(key: DocumentKey, loaded: LoadedDocument): BackupDocument | FoundDamage | undefined {
  if (loaded.kind === 'absent') return { kind: 'damaged', key, id: null, reason: 'LOST' };
  if (loaded.kind === 'damaged') {
    return { kind: 'damaged', key, id: loaded.head?.id ?? null, reason: loaded.reason };
  }
  const { id, updates } = loaded;
  const state = inForce(loaded.state);
  const digest = leafOf(state);
  if (digest === null) return undefined;
  const contents = state.certificate === null ? updates : [];
  return { kind: 'document', id, life: state.life, certificate: lastEnd(state), digest, updates: contents };
}

/** Certificates that rest are told of as if they did not: a part before may tell of the document as it lived. */
function inForce(state: DocumentState): DocumentState {
  const { life, former } = state;
  return life === 0 && former !== null
    ? { ...state, life: former.life, certificate: former, former: null }
    : state;
}

function keysOf({ entries }: { readonly entries: readonly { readonly key: DocumentKey }[] }): DocumentKey[] {
  return entries.map(({ key }) => key);
}
