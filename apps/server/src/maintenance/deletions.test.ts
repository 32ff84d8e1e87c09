import { PassThrough } from 'node:stream';
import { type DocumentId, hybridTimeToMs, watchClock } from '@hearsay/core';
import type { DocumentStore } from '@hearsay/storage';
import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { createLog } from '../telemetry/log.ts';
import { memoryStore } from '../testing/memory-store.ts';
import { Time } from '../testing/time.ts';
import { type DeletedDocument, type Deletions, startDeletions } from './deletions.ts';
import { startRetention } from './retention.ts';

const log = createLog({ level: 'silent', format: 'json', output: new PassThrough() });
const id: DocumentId = { collection: 'default', name: 'a' };
const day = 86_400_000;

async function write(store: DocumentStore, name = 'a', life = 1): Promise<void> {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, name);
  const update = Y.encodeStateAsUpdate(doc);
  const stored = await store.submit({ ...id, name }, update, { kind: 'local' }, life);
  if (!stored.ok) throw new Error(stored.error.message);
}

async function keptOf(deletions: Deletions): Promise<readonly DeletedDocument[]> {
  return (await deletions.kept(null, 1000)).documents;
}

describe('deletions', () => {
  test('A57: a document is deleted once, told when and how long it is kept, and brought back', async () => {
    const time = new Time();
    const store = await memoryStore(time, { keepsDeleted: true });
    const deletions = await startDeletions({ store, ...time, log, windowMs: day });
    expect(await deletions.delete(id)).toMatchObject({ error: { code: 'DOCUMENT_NOT_FOUND' } });
    await write(store);
    const told = {
      ...id,
      life: 1,
      deletedAt: '2026-01-01T00:00:00.000Z',
      keptUntil: '2026-01-02T00:00:00.000Z',
    };
    for (let time = 0; time < 2; time++)
      expect(await deletions.delete(id)).toEqual({ ok: true, value: told });
    expect(await keptOf(deletions)).toEqual([told]);
    expect(await deletions.undelete(id)).toEqual({ ok: true, value: { life: 2 } });
    expect(await deletions.undelete(id)).toMatchObject({ error: { code: 'NOT_KEPT' } });
    expect((await store.lookup(id)).phase).toBe('live');
    await deletions.stop();
  });

  test('A57: a clock that was hours ahead once does not spoil the deletions after it', async () => {
    const time = new Time();
    const store = await memoryStore(time, { keepsDeleted: true });
    for (const name of ['a', 'b', 'c']) await write(store, name);
    const stampOf = async (name: string): Promise<number> =>
      hybridTimeToMs((await store.lookup({ ...id, name })).certificate?.deletedAt ?? 0);
    const before = await startDeletions({ store, ...time, log, windowMs: day });
    const rightly = time.wallMs;
    time.wallMs += 7_200_000;
    await before.delete(id);
    expect(await stampOf('a')).toBe(rightly + 7_200_000);
    time.wallMs = rightly;
    await before.delete({ ...id, name: 'b' });
    await before.stop();
    const after = await startDeletions({ store, ...time, log, windowMs: day });
    await after.delete({ ...id, name: 'c' });
    expect([await stampOf('b'), await stampOf('c')]).toEqual([rightly, rightly]);
    await after.stop();
  });

  test('A118: a deletion that names a life ends that or nothing, and one that is tried out nothing', async () => {
    const time = new Time();
    const store = await memoryStore(time, { keepsDeleted: true });
    const deletions = await startDeletions({ store, ...time, log, windowMs: day });
    expect(await deletions.planned(id)).toMatchObject({ error: { code: 'DOCUMENT_NOT_FOUND' } });
    await write(store);
    expect(await deletions.planned(id)).toEqual({ ok: true, value: { ...id, life: 1, dryRun: true } });
    expect(await deletions.delete(id, 2)).toMatchObject({ error: { code: 'LIFE_CHANGED' } });
    expect((await store.lookup(id)).phase).toBe('live');
    expect(await deletions.delete(id, 1)).toMatchObject({ value: { life: 1 } });
    expect(await deletions.delete(id, 1)).toMatchObject({ value: { life: 1 } });
    expect(await deletions.delete(id, 2)).toMatchObject({ error: { code: 'LIFE_CHANGED' } });
    // Looked up as one life and deleted as another: somebody else was faster.
    await write(store, 'a', 2);
    const slow = await startDeletions({
      ...time,
      store: {
        ...store,
        deleteDocument: async (...asked) => {
          await store.deleteDocument(id, 1, store.identity.replicaId);
          await write(store, 'a', 3);
          return store.deleteDocument(...asked);
        },
      },
      log,
      windowMs: day,
    });
    const overtaken = await slow.delete(id, 2);
    await slow.stop();
    expect(overtaken).toMatchObject({ error: { code: 'LIFE_CHANGED' } });
    expect(await store.lookup(id)).toMatchObject({ phase: 'live', life: 3 });
    await deletions.stop();
  });

  test('A57: stamps rise over restarts, clocks put back, and later deletions heard of', async () => {
    const time = new Time();
    const store = await memoryStore(time, { keepsDeleted: true });
    const stamps: number[] = [];
    for (const [start, back] of [0, 60_000, 120_000].entries()) {
      time.wallMs -= back;
      const deletions = await startDeletions({ store, ...time, log, windowMs: day });
      await write(store, 'a', start + 1);
      await deletions.delete(id);
      stamps.push((await store.lookup(id)).certificate?.deletedAt ?? 0);
      await deletions.stop();
    }
    expect(stamps).toEqual([...new Set(stamps)].sort((a, b) => a - b));
    const deletions = await startDeletions({ store, ...time, log, windowMs: day });
    store.onCommit((changes) => deletions.committed(changes));
    const heard = { life: 1, deletedAt: (stamps.at(-1) ?? 0) + 4096 * 1000, activatedAt: 0 };
    const certificate = { ...heard, by: store.identity.replicaId, clients: [] };
    time.wallMs += 60 * day;
    await store.receive(
      [{ kind: 'certificate', id: { ...id, name: 'b' }, certificate }],
      store.identity.replicaId,
    );
    time.wallMs -= 60 * day;
    await write(store, 'c');
    await deletions.delete({ ...id, name: 'c' });
    const own = (await store.lookup({ ...id, name: 'c' })).certificate;
    expect(own?.deletedAt).toBeGreaterThan(heard.deletedAt);
    await deletions.stop();
  });

  test('A57: what was kept long enough is forgotten and erased, and nothing before', async () => {
    const time = new Time();
    const store = await memoryStore(time, { keepsDeleted: true });
    let erasures = 0;
    const watched = { ...store, erase: async () => void erasures++ };
    const deletions = await startDeletions({ store: watched, ...time, log, windowMs: day });
    await write(store);
    await deletions.delete(id);
    for (let hour = 0; hour < 24; hour++) {
      time.pass(3_600_000);
      await deletions.settled();
    }
    expect([(await keptOf(deletions)).length, erasures]).toEqual([1, 0]);
    time.pass(3_600_000);
    await deletions.settled();
    expect([(await keptOf(deletions)).length, erasures]).toEqual([0, 1]);
    expect(await deletions.undelete(id)).toMatchObject({ error: { code: 'NOT_KEPT' } });
    await deletions.stop();
  });

  test.each([
    ['a day ahead', day],
    ['an hour back', -3_600_000],
  ])('A140: a wall clock that is %s for twenty seconds ends nothing early', async (_, jumpMs) => {
    const time = new Time();
    const clock = watchClock({ ...time, settleMs: 600_000 });
    const steady = { clock, timers: time.timers, log };
    const store = await memoryStore(steady, { keepsDeleted: true, certificateMs: day });
    const deletions = await startDeletions({ store, ...steady, windowMs: day });
    const deadlines = { certificateMs: day, restMs: 2 * day, holders: 1 };
    const retention = startRetention({ store, ...steady, ...deadlines, members: () => [] });
    const passed = async (ms: number): Promise<void> => {
      time.pass(ms);
      await deletions.settled();
      await retention.settled();
    };
    await write(store);
    await passed(600_000);
    await deletions.delete(id);
    const deletedAtMs = time.wallMs;
    for (let hour = 0; hour < 23; hour++) {
      await passed(3_590_000);
      time.wallMs += jumpMs;
      await passed(10_000);
      await passed(10_000);
      expect((await keptOf(deletions)).map(({ name }) => name)).toContain('a');
      // What is deleted meanwhile has the time that it is.
      await write(store, 'b', hour + 1);
      await deletions.delete({ ...id, name: 'b' });
      const stamp = (await store.lookup({ ...id, name: 'b' })).certificate?.deletedAt ?? 0;
      time.wallMs -= jumpMs;
      expect(Math.abs(hybridTimeToMs(stamp) - time.wallMs)).toBeLessThan(10_000);
    }
    expect(time.wallMs - deletedAtMs).toBeLessThan(day);
    expect(store.status().counters.certificatesRested).toBe(0);
    expect((await keptOf(deletions)).map(({ name }) => name).sort()).toEqual(['a', 'b']);
    for (let hour = 0; hour < 3; hour++) await passed(3_600_000);
    expect(await keptOf(deletions)).toMatchObject([{ name: 'b' }]);
    expect(store.status().counters.certificatesRested).toBe(1);
    await deletions.stop();
    await retention.stop();
    clock.stop();
  });

  test('A140: after a start nothing is forgotten before the clock has been watched for a while', async () => {
    const time = new Time();
    const clock = watchClock({ ...time, settleMs: 3_700_000 });
    const store = await memoryStore({ clock, timers: time.timers }, { keepsDeleted: true });
    const deletions = await startDeletions({ store, clock, timers: time.timers, log, windowMs: day });
    await write(store);
    await deletions.delete(id);
    time.wallMs += 2 * day;
    time.pass(3_600_000);
    await deletions.settled();
    expect(await keptOf(deletions)).toHaveLength(1);
    for (let hour = 0; hour < 3; hour++) {
      time.pass(3_600_000);
      await deletions.settled();
    }
    expect(await keptOf(deletions)).toHaveLength(0);
    await deletions.stop();
    clock.stop();
  });
});
