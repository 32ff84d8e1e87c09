import type { Timers } from '@hearsay/core';
import type { Database, DatabaseFactory } from './database.ts';
import type { DatabaseHandle } from './database-handle.ts';
import type { DocumentState } from './document-state.ts';
import { readRecord } from './envelope.ts';
import {
  diskFull,
  isDiskFull,
  isUnwritable,
  StoreGoneError,
  storeUnavailable,
  type WriteFailure,
} from './errors.ts';
import { type Hydrated, hydrate } from './hydrate.ts';
import { headKey } from './keys.ts';
import type { OpenDocument } from './open-documents.ts';
import { type Counters, decodeHead, type HeadRecord } from './records.ts';
import type { CommittedChange, StoreCounter, StoreState } from './store-types.ts';

/** What had been acknowledged when a write failed. */
export interface Acknowledged {
  readonly counters: Counters;
  readonly documents: readonly OpenDocument[];
  /** Gaps in the log of changes that were there when the database was opened. */
  readonly holes: number;
}

/**
 * After a failed write nothing that the handle says about later writes is true: on LevelDB 256 of 300 `sync` writes
 * acknowledged after one failed append were gone after the next opening. So the first error ends the handle: closed,
 * opened anew, compared with what had been acknowledged, and only then written to again.
 */
export interface Recovery {
  readonly state: StoreState;
  readonly code: string | null;
  /** Begins; gives what refused writers are told. */
  begin(error: unknown, acknowledged: Acknowledged): WriteFailure;
  /** Ends the store for good: the lease is lost. */
  fail(code: string, message: string): Promise<void>;
  /** Ends whatever is under way; no attempt follows. */
  stop(): Promise<void>;
}

export interface RecoveryDeps {
  readonly handle: DatabaseHandle;
  readonly openDatabase: DatabaseFactory;
  /** Whether bytes may be written again: there is room, and the directory takes them. */
  readonly hasRoom: () => Promise<boolean>;
  readonly timers: Timers;
  /** A small synced write: opening alone does not show that the disk takes bytes again. */
  probe(database: Database): Promise<void>;
  /** Changes after an outbox sequence and up to another: of a batch that failed and is there nevertheless. */
  found(database: Database, after: number, head: number): Promise<readonly CommittedChange[]>;
  /** Everything in memory is to be read again, before readers are let in. */
  reopened(hydrated: Hydrated): void;
  /** What was found is told like any other change, before any that builds on it. */
  announce(changes: readonly CommittedChange[]): void;
  changed(): void;
  count(counter: StoreCounter): void;
  readonly delayMs: number;
  readonly maxDelayMs: number;
  readonly giveUpMs: number;
}

class LostData extends Error {}

export function createRecovery(deps: RecoveryDeps): Recovery {
  const { handle } = deps;
  let state: StoreState = 'ready';
  let code: string | null = null;
  let stopped = false;
  let attempts: Promise<void> = Promise.resolve();
  let wake: () => void = () => {};

  function become(next: StoreState, why: string | null): void {
    if (state === next && code === why) return;
    state = next;
    code = why;
    deps.changed();
  }

  function sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = deps.timers.set(delayMs, resolve);
      wake = () => {
        cancel();
        resolve();
      };
    });
  }

  async function recover(acknowledged: Acknowledged): Promise<void> {
    let delayMs = deps.delayMs;
    let brokenMs = 0;
    // A disk that takes nothing is given a moment; any other error is tried again at once.
    if (state === 'read-only') await sleep(delayMs);
    while (!stopped) {
      if (await attempt(acknowledged)) return;
      if (stopped) return;
      // For room, and for the right to write, it waits; a disk that does not work is somebody else's to mend.
      brokenMs = state === 'read-only' ? 0 : brokenMs + delayMs;
      if (brokenMs > deps.giveUpMs) {
        handle.end(new StoreGoneError('DISK_FAILED', 'the disk has refused to be written to for too long'));
        become('failed', 'DISK_FAILED');
        return;
      }
      await sleep(delayMs);
      delayMs = Math.min(delayMs * 2, deps.maxDelayMs);
    }
  }

  async function attempt(acknowledged: Acknowledged): Promise<boolean> {
    // Where nothing can be written the old handle goes on serving reads until something can.
    if (state === 'read-only' && !(await deps.hasRoom())) return false;
    await handle.detach()?.close().catch(ignore);
    let database: Database | undefined;
    try {
      database = deps.openDatabase({ create: false });
      await database.open();
      const hydrated = await hydrate(database);
      await verify(database, hydrated, acknowledged);
      await deps.probe(database);
      const found = await deps.found(
        database,
        acknowledged.counters.outboxHead,
        hydrated.counters.outboxHead,
      );
      deps.count('reopened');
      deps.reopened(hydrated);
      become('ready', null);
      handle.attach(database);
      if (found.length > 0) deps.announce(found);
      return true;
    } catch (error) {
      if (error instanceof LostData) {
        await database?.close().catch(ignore);
        handle.end(new StoreGoneError('ACKNOWLEDGED_DATA_LOST', error.message));
        become('failed', 'ACKNOWLEDGED_DATA_LOST');
        return true;
      }
      return failedAgain(error, database);
    }
  }

  async function failedAgain(error: unknown, database: Database | undefined): Promise<boolean> {
    const why = whyNotWritable(error);
    if (why !== null && database?.status === 'open') handle.attach(database);
    else await database?.close().catch(ignore);
    become(why === null ? 'recovering' : 'read-only', why ?? 'STORE_UNAVAILABLE');
    return false;
  }

  return {
    get state() {
      return state;
    },
    get code() {
      return code;
    },
    begin(error, acknowledged) {
      deps.count('writeFailures');
      const why = whyNotWritable(error);
      become(why === null ? 'recovering' : 'read-only', why ?? 'STORE_UNAVAILABLE');
      attempts = recover(acknowledged);
      return why === 'DISK_FULL' ? diskFull() : storeUnavailable();
    },
    async fail(why, message) {
      stopped = true;
      wake();
      await attempts;
      const database = handle.detach();
      handle.end(new StoreGoneError(why, message));
      become('failed', why);
      await database?.close().catch(ignore);
    },
    async stop() {
      stopped = true;
      wake();
      await attempts;
      become('closed', null);
    },
  };
}

/** What stands in the way of every write and of no read; null where nobody knows what the database is worth. */
function whyNotWritable(error: unknown): 'DISK_FULL' | 'DIRECTORY_UNWRITABLE' | null {
  if (isDiskFull(error)) return 'DISK_FULL';
  return isUnwritable(error) ? 'DIRECTORY_UNWRITABLE' : null;
}

/** Throws {@link LostData} when something acknowledged is not in the database. More may be there: a failed batch. */
async function verify(database: Database, hydrated: Hydrated, acknowledged: Acknowledged): Promise<void> {
  const { counters, documents } = acknowledged;
  if (hydrated.counters.feedHead < counters.feedHead || hydrated.counters.outboxHead < counters.outboxHead) {
    throw new LostData('batches that had been acknowledged are gone');
  }
  if (hydrated.holes > acknowledged.holes) throw new LostData('the log of changes has a new hole');
  for (const { key, keyBytes, stored, damage, committed } of documents) {
    if (!stored || damage !== null) continue;
    const record = headKey(keyBytes);
    const value = await database.get(record);
    const head = value === undefined ? undefined : readRecord(record, value, decodeHead);
    if (head === undefined || !isAsNew(head, committed))
      throw new LostData(`changes of document ${key} that had been acknowledged are gone`);
  }
}

/** Whether a head speaks of all that a document was. An end that was in force may rest: its life is then none. */
function isAsNew(head: HeadRecord, { life, tailSequence, certificate }: DocumentState): boolean {
  if (head.life === life) return head.tailSequence >= tailSequence;
  const rests = head.life === 0 && certificate !== null && (head.certificate?.life ?? 0) >= certificate.life;
  return head.life > life || rests;
}

function ignore(): void {}
