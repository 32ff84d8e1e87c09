import { PassThrough } from 'node:stream';
import type { DocumentId } from '@hearsay/core';
import type { DocumentStore } from '@hearsay/storage';
import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { createLog } from '../telemetry/log.ts';
import { memoryStore } from '../testing/memory-store.ts';
import { Time } from '../testing/time.ts';
import { startDeletions } from './deletions.ts';

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
    expect(await deletions.kept()).toEqual([told]);
    expect(await deletions.undelete(id)).toEqual({ ok: true, value: { life: 2 } });
    expect(await deletions.undelete(id)).toMatchObject({ error: { code: 'NOT_KEPT' } });
    expect((await store.lookup(id)).phase).toBe('live');
    await deletions.stop();
  });

  test('A57: stamps rise over restarts, clocks put back, and later deletions heard of', async () => {
    const time = new Time();
    const store = await memoryStore(time, { keepsDeleted: true });
    const stamps: number[] = [];
    for (const [start, back] of [0, 10 * day, 20 * day].entries()) {
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
    expect([(await deletions.kept()).length, erasures]).toEqual([1, 0]);
    time.pass(3_600_000);
    await deletions.settled();
    expect([(await deletions.kept()).length, erasures]).toEqual([0, 1]);
    expect(await deletions.undelete(id)).toMatchObject({ error: { code: 'NOT_KEPT' } });
    await deletions.stop();
  });
});
