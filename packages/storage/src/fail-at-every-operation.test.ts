import type { DocumentKey, Result, Timers } from '@hearsay/core';
import { documentKey } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import { unwrap } from './contract/fixture.ts';
import { exchange } from './contract/replication.ts';
import type { Database } from './database.ts';
import { memorySentinel, type Sentinel } from './sentinel.ts';
import { openStore } from './store.ts';
import type { DocumentStore, StoreOptions } from './store-types.ts';
import { createAuthor } from './testing/author.ts';
import { faultyDatabase, ioError } from './testing/faulty-database.ts';
import {
  idOf,
  local,
  memoryDatabase,
  memoryOptions,
  opened,
  peerId,
  promptTimers,
} from './testing/stores.ts';

type Failure = 'before' | 'after' | 'crash before' | 'crash after';

/** Counts operations of database and sentinel alike, and makes one of them fail. */
interface Fuse {
  count: number;
  failAt: number;
  readonly failure: Failure;
}

interface Setting {
  /** Resolves when the process has crashed. */
  readonly crashed: Promise<void>;
  readonly options: StoreOptions;
  readonly disk: Database;
  readonly sentinel: Sentinel;
}

function blow(fuse: Fuse, when: 'before' | 'after'): void {
  if (when === 'before') fuse.count++;
  const crashed = fuse.failure.startsWith('crash') && fuse.count > fuse.failAt;
  if (crashed || (fuse.count === fuse.failAt && fuse.failure.endsWith(when))) throw ioError();
}

function settingOf(fuse: Fuse): Setting {
  const disk = memoryDatabase();
  let crash: () => void = () => {};
  const crashed = new Promise<void>((resolve) => {
    crash = resolve;
  });
  const isDead = (): boolean => fuse.failure.startsWith('crash') && fuse.count >= fuse.failAt;
  // Timers of a dead process do not fire.
  const timers: Timers = {
    set: (delayMs, fire) => (isDead() ? () => {} : promptTimers.set(delayMs, fire)),
  };
  const step = (when: 'before' | 'after'): void => {
    try {
      blow(fuse, when);
    } catch (error) {
      if (isDead()) setImmediate(crash);
      throw error;
    }
  };
  const database = faultyDatabase(disk, {
    before: () => step('before'),
    after: () => step('after'),
  });
  const sentinel = memorySentinel();
  const faulty: Sentinel = {
    read: () => sentinel.read(),
    async write(record) {
      step('before');
      await sentinel.write(record);
      step('after');
    },
  };
  // The sentinel is written after every batch, so that it is there with every crash.
  const tunables = { sentinelMs: 1 };
  const certificateMs = 86_400_000;
  const openDatabase = (): Database => database;
  const clock = { now: () => Date.UTC(2026, 0, 1) };
  const ports = { openDatabase, sentinel: faulty, timers, clock };
  const options = memoryOptions({ ...ports, tunables, certificateMs });
  return { crashed, disk, sentinel, options };
}

/** What the scenario was told is stored. */
interface Promised {
  /** By document: the first clock of its author that was not acknowledged. */
  readonly clocks: Map<(typeof names)[number], number>;
  deleted: boolean;
  reborn: boolean;
  /** Certificates put to rest, and forgotten. */
  swept: number;
}

const nothing: Promised = { clocks: new Map(), deleted: false, reborn: false, swept: 0 };
const names = ['a', 'b', 'gone', 'forgotten'] as const;
const ended: readonly string[] = ['gone', 'forgotten'];

/** Certificates of long ago rest at once; one of them is to be forgotten. */
const rules = {
  isKeptHere: (key: DocumentKey) => key !== documentKey(idOf('forgotten')),
  forgetMs: Number.POSITIVE_INFINITY,
};

/** A short life of a store: typing, compaction, deletion, rest, oblivion, rebirth, indexing, closing, opening. */
async function live(options: StoreOptions, promised: Promised): Promise<void> {
  const authors = new Map(names.map((name, at) => [name, createAuthor(at + 1)] as const));
  for (let opening = 0; opening < 2; opening++) {
    const store = await openedInTheEnd(options);
    if (store === undefined) return;
    for (const [name, author] of authors) {
      for (let edit = 0; edit < 2; edit++) {
        if (opening > 0 && ended.includes(name)) continue;
        const update = edit === 0 ? author.type('text') : author.set('k', 'value');
        if (!(await stubborn(store, () => store.submit(idOf(name), update, local)))) return;
        promised.clocks.set(name, (promised.clocks.get(name) ?? 0) + (edit === 0 ? 4 : 5));
      }
      await store.compact(idOf(name)).catch(() => false);
    }
    await store.roots().catch(() => []);
    if (opening === 0) {
      for (const name of ended) {
        if (!(await stubborn(store, () => store.deleteDocument(idOf(name), 1, peerId(1))))) return;
      }
      promised.deleted = true;
      // The first puts to rest what the second forgets, and a third does what failed in one of them.
      for (let sweep = 0; sweep < 3; sweep++) {
        const report = await store.restCertificates(rules).catch(() => undefined);
        promised.swept += (report?.rested ?? 0) + (report?.forgotten ?? 0);
        await untilReady(store);
        await store.roots().catch(() => []);
      }
    } else {
      const update = createAuthor(9).type('new');
      if (!(await stubborn(store, () => store.submit(idOf('gone'), update, local, 2)))) return;
      promised.reborn = true;
    }
    await store.recent(0, 10).catch(() => undefined);
    await store.close().catch(() => undefined);
  }
}

/** Tries again after a failed start, as a supervisor does. */
async function openedInTheEnd(options: StoreOptions): Promise<DocumentStore | undefined> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const store = await openStore(options);
    if (store.ok) return store.value;
  }
  return undefined;
}

/** Sends again what was refused for now, as clients do; false when the process is to be taken for dead. */
async function stubborn(
  store: DocumentStore,
  submit: () => Promise<Result<unknown, { readonly code: string; readonly retry: boolean }>>,
): Promise<boolean> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const result = await submit().catch(() => undefined);
    if (result?.ok === true) return true;
    await untilReady(store);
    // A document that could not be read once is let out again when it can.
    if (result?.error.code === 'DOCUMENT_DAMAGED') await scrubbed(store).catch(() => undefined);
  }
  return false;
}

async function untilReady(store: DocumentStore): Promise<void> {
  for (let turns = 0; turns < 20 && store.status().state !== 'ready'; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (store.status().code === 'ACKNOWLEDGED_DATA_LOST') throw new Error('what is there is taken for lost');
}

async function scrubbed(store: DocumentStore): Promise<number> {
  let damaged = 0;
  for (let steps = 0; steps < 100; steps++) {
    const report = await store.scrub(10);
    damaged += report.damaged;
    if (report.complete) return damaged;
  }
  throw new Error('the scrub does not end');
}

async function check({ disk, sentinel }: Setting, promised: Promised): Promise<void> {
  const store = await opened(memoryOptions({ openDatabase: () => disk, sentinel }));
  await scrubbed(store);
  expect(store.damaged()).toEqual([]);
  for (const [name, clock] of promised.clocks) {
    if (ended.includes(name) && promised.deleted) continue;
    const { phase } = await store.lookup(idOf(name));
    // A deletion that was never acknowledged may have happened.
    if (ended.includes(name) && phase !== 'live') continue;
    const document = unwrap(await store.read(idOf(name)));
    const client = names.indexOf(name) + 1;
    expect(document?.version.stateVector.get(client) ?? 0).toBeGreaterThanOrEqual(clock);
  }
  const gone = await store.lookup(idOf('gone'));
  if (promised.reborn) expect(gone).toMatchObject({ phase: 'live', life: 2 });
  else if (promised.deleted) expect([gone.phase, gone.life]).not.toEqual(['live', 1]);
  if (promised.deleted) expect((await store.lookup(idOf('forgotten'))).phase).not.toBe('live');
  await expectHonestIndex(store);
  expect(await scrubbed(store)).toBe(0);
  expect(store.status().counters).toMatchObject({ logHoles: 0, recordsDamaged: 0 });
  await store.close();
}

/** The roots are those of another store that is told the same from scratch. */
async function expectHonestIndex(store: DocumentStore): Promise<void> {
  const copy = await opened(memoryOptions());
  for (const name of names) await exchange(store, copy, documentKey(idOf(name)));
  expect(await store.roots()).toEqual(await copy.roots());
  const feed = await store.recent(0, 100);
  expect(new Set(feed.entries.map(({ key }) => key)).size).toBe(feed.entries.length);
  await copy.close();
}

describe('fail at every operation', () => {
  for (const failure of ['before', 'after', 'crash before', 'crash after'] as const) {
    it(`S18: nothing acknowledged is lost, nothing half done stays (${failure})`, async () => {
      const whole: Fuse = { count: 0, failAt: Number.POSITIVE_INFINITY, failure };
      const kept: Promised = { ...nothing, clocks: new Map() };
      await live(settingOf(whole).options, kept);
      expect(kept).toMatchObject({ deleted: true, reborn: true, swept: 3 });
      expect(whole.count).toBeGreaterThan(60);
      for (let failAt = 1; failAt <= whole.count; failAt++) {
        const fuse: Fuse = { count: 0, failAt, failure };
        const setting = settingOf(fuse);
        const promised: Promised = { ...nothing, clocks: new Map() };
        try {
          await Promise.race([live(setting.options, promised), setting.crashed]);
          expect(fuse.count).toBeGreaterThanOrEqual(failAt);
          if (!failure.startsWith('crash')) expect(promised.reborn).toBe(true);
          fuse.failAt = Number.POSITIVE_INFINITY;
          await check(setting, promised);
        } catch (error) {
          throw new Error(`operation ${failAt} of ${whole.count} failing ${failure}`, { cause: error });
        }
      }
    });
  }
});
