import type { Timers } from '@hearsay/core';
import { documentKey } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import { unwrap } from './contract/fixture.ts';
import type { Database } from './database.ts';
import { documentKeyBytes, headKey, outboxKey } from './keys.ts';
import type { CommittedChange, DocumentStore, StoreOptions } from './store-types.ts';
import { createAuthor } from './testing/author.ts';
import { diskFullError, type Faults, faultyDatabase, ioError } from './testing/faulty-database.ts';
import { until } from './testing/gate.ts';
import { idOf, local, memoryDatabase, memoryOptions, opened } from './testing/stores.ts';

interface Setting {
  readonly store: DocumentStore;
  readonly states: string[];
  /** The database without faults. */
  readonly disk: Database;
}

async function withFaults(faults: Faults, overrides: Partial<StoreOptions> = {}): Promise<Setting> {
  const disk = memoryDatabase();
  const database = faultyDatabase(disk, faults);
  const store = await opened(memoryOptions({ openDatabase: () => database, ...overrides }));
  const states: string[] = [];
  store.onStatus(({ state }) => states.push(state));
  return { store, states, disk };
}

/** Timers that fire when told to; what watches over a batch or the sentinel never does. */
function manualTimers(): Timers & { readonly delays: number[]; fire(): void } {
  const waiting: { delayMs: number; fire: () => void }[] = [];
  return {
    get delays() {
      return waiting.map(({ delayMs }) => delayMs);
    },
    set(delayMs, fire) {
      if (delayMs >= 5000) return () => {};
      const entry = { delayMs, fire };
      waiting.push(entry);
      return () => {
        if (waiting.includes(entry)) waiting.splice(waiting.indexOf(entry), 1);
      };
    },
    fire() {
      for (const { fire } of waiting.splice(0)) fire();
    },
  };
}

describe('recovery', () => {
  for (const when of ['before', 'after'] as const) {
    it(`S15: a write error (${when} its effect) refuses what was in flight, opens anew and goes on`, async () => {
      let failing = 0;
      const author = createAuthor(1);
      const { store, states } = await withFaults({
        [when]: (operation: string) => {
          if (operation === 'batch' && failing > 0 && failing-- > 0) throw ioError();
        },
      });
      unwrap(await store.submit(idOf('a'), author.type('first '), local));
      const announced: (readonly CommittedChange[])[] = [];
      store.onCommit((changes) => announced.push(changes));
      await store.lookup(idOf('b'));
      failing = 1;
      const lost = author.type('second ');
      const refused = await Promise.all([
        store.submit(idOf('a'), lost, local),
        store.submit(idOf('b'), createAuthor(2).type('x'), local),
      ]);
      for (const receipt of refused) {
        expect(receipt).toMatchObject({ ok: false, error: { code: 'STORE_UNAVAILABLE', retry: true } });
      }
      expect(announced).toEqual([]);
      await until(() => store.status().state === 'ready');
      expect(states).toEqual(['recovering', 'ready']);
      expect(store.status().counters).toMatchObject({ writeFailures: 1, reopened: 1 });
      // What is there is told, before anything that builds on it.
      expect(announced.flat().map(({ id, update, sequence }) => ({ id, update, sequence }))).toEqual(
        when === 'before'
          ? []
          : [
              { id: idOf('a'), update: lost, sequence: 2 },
              { id: idOf('b'), update: createAuthor(2).type('x'), sequence: 3 },
            ],
      );
      // Indeterminate: there or not, and sending it again settles it.
      expect(unwrap(await store.submit(idOf('a'), lost, local)).novel).toBe(when === 'before');
      unwrap(await store.submit(idOf('a'), author.type('third'), local));
      expect(unwrap(await store.read(idOf('a')))?.updates.length).toBe(3);
      await store.close();
    });
  }

  it('S15: while it recovers writes are refused, reads wait, and attempts come ever more slowly', async () => {
    const timers = manualTimers();
    let broken = false;
    const { store, states } = await withFaults(
      {
        before(operation) {
          if (broken && operation !== 'read') throw ioError();
        },
      },
      { timers, tunables: { reopenDelayMs: 100, maxReopenDelayMs: 400 } },
    );
    const author = createAuthor(1);
    unwrap(await store.submit(idOf('a'), author.type('x'), local));
    broken = true;
    expect(await store.submit(idOf('a'), author.type('y'), local)).toMatchObject({ ok: false });
    const read = store.read(idOf('a'));
    const delays: number[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      await until(() => timers.delays.length > 0);
      delays.push(...timers.delays);
      expect(await store.submit(idOf('a'), author.type('z'), local)).toMatchObject({
        error: { code: 'STORE_UNAVAILABLE' },
      });
      if (attempt === 3) broken = false;
      timers.fire();
    }
    expect(delays).toEqual([100, 200, 400, 400]);
    await until(() => store.status().state === 'ready');
    expect(unwrap(await read)?.updates.length).toBe(1);
    expect(states).toEqual(['recovering', 'ready']);
    await store.close();
  });

  it('S56: a disk that works no more is given up after a time, a full one never', async () => {
    for (const full of [false, true]) {
      const timers = manualTimers();
      let broken = false;
      const { store, states } = await withFaults(
        {
          before(operation) {
            if (broken && operation !== 'read') throw full ? diskFullError() : ioError();
          },
        },
        { timers, tunables: { reopenDelayMs: 100, maxReopenDelayMs: 400, reopenGiveUpMs: 2000 } },
      );
      const author = createAuthor(1);
      unwrap(await store.submit(idOf('a'), author.type('x'), local));
      broken = true;
      expect(await store.submit(idOf('a'), author.type('y'), local)).toMatchObject({ ok: false });
      const read = store.read(idOf('a')).then(
        () => 'read',
        (error: { readonly code: string }) => error.code,
      );
      // 100 + 200 + 400 + 400 + 400 + 400 are less than 2000, one more is not.
      for (let attempt = 0; attempt < 7; attempt++) {
        await until(() => timers.delays.length > 0 || store.status().state === 'failed');
        timers.fire();
      }
      if (full) {
        await until(() => timers.delays.length > 0);
        expect(states).not.toContain('failed');
        broken = false;
        timers.fire();
        await until(() => store.status().state === 'ready');
      } else {
        await until(() => store.status().state === 'failed');
        expect(store.status()).toMatchObject({ state: 'failed', code: 'DISK_FAILED' });
        expect(await read).toBe('DISK_FAILED');
        expect(timers.delays).toEqual([]);
      }
      await store.close();
    }
  });

  it('S16: on a full disk writes are refused and reads go on; with room it resumes by itself', async () => {
    const timers = manualTimers();
    let full = false;
    const { store, states } = await withFaults(
      {
        before(operation) {
          if (full && operation === 'batch') throw diskFullError();
        },
      },
      { timers, hasRoom: async () => !full },
    );
    const author = createAuthor(1);
    const [first, second, third] = [author.type('a'), author.type('b'), author.type('c')];
    unwrap(await store.submit(idOf('a'), first, local));
    const roots = await store.roots();
    full = true;
    for (const update of [second, third]) {
      expect(await store.submit(idOf('a'), update, local)).toMatchObject({
        error: { code: 'DISK_FULL', retry: true },
      });
    }
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(store.status()).toMatchObject({ state: 'read-only', code: 'DISK_FULL' });
      expect(unwrap(await store.read(idOf('a')))?.updates.length).toBe(1);
      expect(await store.roots()).toEqual(roots);
      expect((await store.outbox(0, 1000)).entries.length).toBe(1);
      await until(() => timers.delays.length > 0);
      full = attempt < 2;
      timers.fire();
    }
    await until(() => store.status().state === 'ready');
    expect(states).toEqual(['read-only', 'ready']);
    for (const update of [second, third]) unwrap(await store.submit(idOf('a'), update, local));
    await store.close();
  });

  const unwritable = [
    'IO error: db/000005.log: Read-only file system',
    'IO error: db/000007.ldb: Permission denied',
  ];

  it.each(unwritable)(
    'S84: on "%s" reads go on, nothing is acknowledged, and all resumes by itself',
    async (message) => {
      const timers = manualTimers();
      let refuses = false;
      const { store, states } = await withFaults(
        {
          before(operation) {
            if (refuses && ['batch', 'open'].includes(operation))
              throw new Error('failed', { cause: new Error(message) });
          },
        },
        {
          timers,
          hasRoom: async () => !refuses,
          tunables: { reopenDelayMs: 100, maxReopenDelayMs: 400, reopenGiveUpMs: 2000 },
        },
      );
      const author = createAuthor(1);
      const [first, second] = [author.type('a'), author.type('b')];
      unwrap(await store.submit(idOf('a'), first, local));
      refuses = true;
      const told: unknown[] = [];
      store.onCommit((changes) => told.push(...changes));
      // For longer than a broken disk is tried.
      for (let attempt = 0; attempt < 20; attempt++) {
        expect(await store.submit(idOf('a'), second, local)).toMatchObject({
          ok: false,
          error: { retry: true },
        });
        expect(store.status()).toMatchObject({ state: 'read-only', code: 'DIRECTORY_UNWRITABLE' });
        expect(unwrap(await store.read(idOf('a')))?.updates.length).toBe(1);
        await until(() => timers.delays.length > 0);
        refuses = attempt < 19;
        timers.fire();
      }
      expect(told).toEqual([]);
      await until(() => store.status().state === 'ready');
      expect(states).toEqual(['read-only', 'ready']);
      unwrap(await store.submit(idOf('a'), second, local));
      await store.close();
    },
  );

  it('S16: a full disk that shows only in the next write keeps reads going too', async () => {
    const timers = manualTimers();
    let full = false;
    const { store } = await withFaults(
      {
        before(operation) {
          if (full && operation === 'batch') throw diskFullError();
        },
      },
      { timers },
    );
    const author = createAuthor(1);
    unwrap(await store.submit(idOf('a'), author.type('a'), local));
    full = true;
    const second = author.type('b');
    expect(await store.submit(idOf('a'), second, local)).toMatchObject({ error: { code: 'DISK_FULL' } });
    for (let attempt = 0; attempt < 3; attempt++) {
      await until(() => timers.delays.length > 0);
      expect(unwrap(await store.read(idOf('a')))?.updates.length).toBe(1);
      expect(store.status().state).toBe('read-only');
      full = attempt < 2;
      timers.fire();
    }
    await until(() => store.status().state === 'ready');
    unwrap(await store.submit(idOf('a'), second, local));
    await store.close();
  });

  it('S16: the index answers as it was while nothing can be written', async () => {
    let full = false;
    const { store } = await withFaults(
      {
        before(operation) {
          if (full && operation === 'batch') throw diskFullError();
        },
      },
      { timers: manualTimers() },
    );
    unwrap(await store.submit(idOf('a'), createAuthor(1).type('a'), local));
    const roots = await store.roots();
    unwrap(await store.submit(idOf('b'), createAuthor(2).type('b'), local));
    full = true;
    expect(await store.roots()).toEqual(roots);
    expect(store.status().state).toBe('read-only');
    expect((await store.recent(0, 10)).entries.length).toBe(1);
    // Who has these roots does not know what came after them.
    expect(await store.feedHead()).toBe((await store.recent(0, 10)).cursor);
  });

  const losses: Readonly<Record<string, (disk: Database) => Promise<void>>> = {
    'everything is gone': (disk) => disk.clear(),
    'a document is gone': (disk) => disk.del(headKey(documentKeyBytes(documentKey(idOf('a'))))),
  };
  for (const [loss, lose] of Object.entries(losses)) {
    it(`S17: when the reopened database lacks what was acknowledged, nothing more is served (${loss})`, async () => {
      let failing = false;
      const { store, disk } = await withFaults({
        async before(operation) {
          if (!failing || operation !== 'batch') return;
          failing = false;
          await lose(disk);
          throw ioError();
        },
      });
      const author = createAuthor(1);
      unwrap(await store.submit(idOf('a'), author.type('a'), local));
      failing = true;
      expect(await store.submit(idOf('b'), createAuthor(2).type('b'), local)).toMatchObject({ ok: false });
      await until(() => store.status().state !== 'recovering');
      expect(store.status()).toMatchObject({ state: 'failed', code: 'ACKNOWLEDGED_DATA_LOST' });
      await expect(store.read(idOf('a'))).rejects.toMatchObject({ code: 'ACKNOWLEDGED_DATA_LOST' });
      await expect(store.roots()).rejects.toMatchObject({ code: 'ACKNOWLEDGED_DATA_LOST' });
      await store.close();
    });
  }

  it('S17: a hole that was in the log when it was opened is no loss of the write that fails later', async () => {
    const disk = memoryDatabase();
    const author = createAuthor(1);
    const before = await opened(memoryOptions({ openDatabase: () => disk }));
    for (const text of ['a', 'b', 'c']) unwrap(await before.submit(idOf('a'), author.type(text), local));
    await before.close();
    await disk.open();
    await disk.del(outboxKey(2, 1));
    let failing = false;
    const database = faultyDatabase(disk, {
      before(operation) {
        if (!failing || operation !== 'batch') return;
        failing = false;
        throw ioError();
      },
    });
    const store = await opened(memoryOptions({ openDatabase: () => database }));
    await store.idle();
    expect(store.status().counters.logHoles).toBe(1);
    failing = true;
    expect(await store.submit(idOf('a'), author.type('d'), local)).toMatchObject({ ok: false });
    await until(() => store.status().state !== 'recovering');
    expect(store.status().state).toBe('ready');
    await store.close();
  });

  it('S15: closing ends a recovery that does not succeed', async () => {
    let broken = false;
    const timers = manualTimers();
    const { store } = await withFaults(
      {
        before(operation) {
          if (broken && operation !== 'read') throw ioError();
        },
      },
      { timers },
    );
    broken = true;
    expect(await store.submit(idOf('a'), createAuthor(1).type('a'), local)).toMatchObject({ ok: false });
    await until(() => timers.delays.length > 0);
    await store.close();
    expect(store.status().state).toBe('closed');
    await expect(store.read(idOf('a'))).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });
});
