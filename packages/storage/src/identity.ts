import { err, ok, type Random, type ReplicaId, type Result, taggedError, toHex } from '@hearsay/core';
import { type BatchOperation, type Database, put, syncedBatch } from './database.ts';
import { readRecord, sealRecord } from './envelope.ts';
import { errorCodes, type OpenError } from './errors.ts';
import { type Hydrated, hydrate } from './hydrate.ts';
import { type MetaName, metaKey } from './keys.ts';
import { type LostTail, lostTail } from './lost-tail.ts';
import { decodeIdentity, encodeIdentity } from './records.ts';
import type { ReplicaIdentity } from './replica.ts';
import type { Sentinel, SentinelRecord } from './sentinel.ts';
import { encodeStarts, type StoreStart, withStart } from './starts.ts';
import type { StoreOptions } from './store-types.ts';

/** Of the whole store, in the sentinel: raised when older nodes must not open it. */
const storeFormat = 1;

export interface Opened {
  readonly database: Database;
  readonly identity: ReplicaIdentity;
  readonly hydrated: Hydrated;
  /** As it is now. */
  readonly sentinel: SentinelRecord;
  /** What is gone of what had been written, where the store was opened all the same; it is another replica then. */
  readonly lost: LostTail | undefined;
  /** Oldest first, with this one at the end; a view has none of its own. */
  readonly starts: readonly StoreStart[];
}

/**
 * Opens the database and makes sure that it is the one the sentinel speaks of: LevelDB opens an empty database without a
 * word when `CURRENT` is missing or its manifest is cut. The incarnation is raised in both before anything else.
 */
export async function openIdentity(options: StoreOptions): Promise<Result<Opened, OpenError>> {
  const noted = await readSentinel(options.sentinel);
  if (!noted.ok) return noted;
  const known = noted.value;
  if (known !== undefined) {
    if (known.format !== storeFormat) {
      return refuse(
        'FORMAT_UNSUPPORTED',
        `the store has format ${known.format}, this version reads ${storeFormat}`,
      );
    }
    if (known.cluster !== options.cluster) {
      return refuse(
        'CLUSTER_MISMATCH',
        `the store belongs to cluster "${known.cluster}", not "${options.cluster}"`,
      );
    }
  }
  const database = options.openDatabase({ create: known === undefined });
  try {
    await database.open();
    const opened = await compare(database, known, options);
    if (!opened.ok) await database.close();
    return opened;
  } catch (error) {
    await database.close().catch(() => {});
    return err(toOpenError(error, known !== undefined));
  }
}

/** A synced write; without `starts` of what is there already. */
export async function writeIdentity(
  database: Database,
  identity: ReplicaIdentity,
  starts?: readonly StoreStart[],
): Promise<void> {
  const records = [sealed('identity', encodeIdentity(identity.replicaId, identity.incarnation))];
  if (starts !== undefined) records.push(sealed('starts', encodeStarts(starts)));
  await syncedBatch(database, records, true);
}

function sealed(name: MetaName, payload: Uint8Array): BatchOperation {
  const key = metaKey(name);
  return put(key, sealRecord(key, payload));
}

async function compare(
  database: Database,
  known: SentinelRecord | undefined,
  options: StoreOptions,
): Promise<Result<Opened, OpenError>> {
  const key = metaKey('identity');
  const value = await database.get(key);
  const inside = value === undefined ? undefined : readRecord(key, value, decodeIdentity);
  if (known !== undefined) {
    if (value === undefined) {
      return refuse(
        'STORE_EMPTY',
        'the database is empty though it was not: restore it, or rebuild from peers',
      );
    }
    if (inside === undefined || ![known.replicaId, known.replaces].includes(inside.replicaId)) {
      return refuse('STORE_MISMATCH', 'the database is not the one that belongs to its sentinel');
    }
  }
  const hydrated = await hydrate(database);
  const lost = known && lostTail(known, inside?.incarnation ?? 0, hydrated.counters);
  if (lost !== undefined && !lost.isLegal && options.acceptsLoss !== true) {
    return refuse(lost.code, `${lost.message}: restore it, rebuild it from peers, or accept the loss`);
  }
  // With a tail its numbers are lost, which would be given again; nobody knows what is lost with a sentinel.
  const kept = lost === undefined ? known?.replicaId : undefined;
  const identity = {
    cluster: options.cluster,
    replicaId: kept ?? newReplicaId(options.random),
    incarnation: Math.max(known?.incarnation ?? 0, inside?.incarnation ?? 0) + 1,
  };
  const { documents, feedHead, outboxHead } = hydrated.counters;
  const sentinel = {
    format: storeFormat,
    ...identity,
    documents,
    reached: {
      incarnation: inside?.incarnation ?? 0,
      feedHead,
      outboxHead,
      isSynced: options.durability !== 'buffered',
    },
    replaces: inside !== undefined && inside.replicaId !== identity.replicaId ? inside.replicaId : undefined,
  };
  const past = inside?.replicaId === identity.replicaId ? hydrated.starts : [];
  const starts = options.isView === true ? past : withStart(past, feedHead, options.random);
  // Inside first where there is none: a crash before it leaves a store without one, which starts afresh.
  if (known === undefined) await writeIdentity(database, identity, starts);
  await options.sentinel.write(sentinel);
  if (known !== undefined) await writeIdentity(database, identity, starts);
  return ok({ database, identity, hydrated, sentinel, lost, starts });
}

async function readSentinel(sentinel: Sentinel): Promise<Result<SentinelRecord | undefined, OpenError>> {
  try {
    return ok(await sentinel.read());
  } catch (error) {
    return refuse('SENTINEL_DAMAGED', `the file beside the database cannot be read: ${messageOf(error)}`);
  }
}

function newReplicaId(random: Pick<Random, 'bytes'>): ReplicaId {
  return toHex(random.bytes(16)) as ReplicaId;
}

function toOpenError(error: unknown, expected: boolean): OpenError {
  const codes = errorCodes(error);
  const why = messageOf(error);
  if (codes.includes('LEVEL_LOCKED')) {
    return taggedError('STORE_LOCKED', 'another process has the database open', true);
  }
  if (expected && /does not exist/i.test(why)) {
    return taggedError('STORE_MISSING', 'the database is gone: restore it, or rebuild from peers');
  }
  if (codes.includes('LEVEL_CORRUPTION') || (expected && isCutFile(why))) {
    return taggedError(
      'STORE_CORRUPT',
      `the database is damaged (${why}): restore it, or rebuild from peers`,
    );
  }
  return taggedError('STORE_UNREADABLE', `the database cannot be opened: ${why}`);
}

/** LevelDB tells a table that is empty or cut as an error of the disk: what it reads there is beyond the file's end. */
function isCutFile(why: string): boolean {
  return /(\.ldb|\.sst|\.log|MANIFEST-\d+|CURRENT): (Invalid argument|No such file)/i.test(why);
}

/** Message of the innermost cause: `classic-level` wraps LevelDB's in its own. */
function messageOf(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  return inner instanceof Error ? inner.message : String(inner);
}

function refuse<Code extends OpenError['code']>(
  code: Code,
  message: string,
): { readonly ok: false; readonly error: OpenError } {
  return err(taggedError(code, message));
}
