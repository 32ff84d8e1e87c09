import { err, type Result, taggedError } from '@hearsay/core';
import {
  type Database,
  type DocumentStore,
  type OpenError,
  openStore,
  type SentinelRecord,
} from '@hearsay/storage';
import { BrowserLevel } from 'browser-level';
import { createNextTurn } from './next-turn.ts';
import type { Platform } from './platform.ts';
import { lockName } from './web-lock.ts';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const timers = {
  set(delayMs: number, fire: () => void): () => void {
    const timer = setTimeout(fire, delayMs);
    return () => clearTimeout(timer);
  },
};
const entropy = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));

/** Browsers: IndexedDB under a name, which one page of the origin has at a time; the WebSocket of the page. */
export const platform: Platform = {
  clock,
  timers,
  entropy,
  openSocket: (address, subprotocol) => new WebSocket(address, subprotocol),
  openStore: openIndexedDb,
};

/**
 * IndexedDB makes what is missing; that it is empty then is noticed by what is in it. With one encoding for everything it
 * is a database as any other; its types allow only that one.
 */
function openDatabase(name: string): Database {
  const database = new BrowserLevel<Uint8Array, Uint8Array>(name, {
    keyEncoding: 'view',
    valueEncoding: 'view',
  });
  return database as unknown as Database;
}

async function openIndexedDb(name: string, cluster: string): Promise<Result<DocumentStore, OpenError>> {
  const lease = await lockName(`hearsay/${name}`);
  if (lease === undefined) {
    return err(taggedError('STORE_LOCKED', `another page has the replica "${name}" open`, true));
  }
  const sentinels = new BrowserLevel<string, SentinelRecord>(`${name}/sentinel`, { valueEncoding: 'json' });
  const opened = await openStore({
    openDatabase: () => openDatabase(name),
    sentinel: {
      read: () => sentinels.get('store'),
      write: (record) => sentinels.put('store', record),
    },
    cluster,
    clock,
    timers,
    // IndexedDB answers before its disk does: after a power loss the last edits may be gone.
    durability: 'buffered',
    random: { bytes: entropy },
    lease,
    nextTurn: createNextTurn(),
  });
  if (!opened.ok) await lease.release();
  return opened;
}
