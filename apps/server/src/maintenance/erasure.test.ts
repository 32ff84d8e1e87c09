import { PassThrough } from 'node:stream';
import type { DocumentId } from '@hearsay/core';
import type { DocumentStore } from '@hearsay/storage';
import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { createLog } from '../telemetry/log.ts';
import { memoryStore } from '../testing/memory-store.ts';
import { Time } from '../testing/time.ts';
import { startDeletions } from './deletions.ts';
import { openErasure } from './erasure.ts';

const log = createLog({ level: 'silent', format: 'json', output: new PassThrough() });
const id: DocumentId = { collection: 'default', name: 'a' };
const day = 86_400_000;

interface Scene {
  readonly time: Time;
  readonly store: DocumentStore;
  /** Begins with a store that erases so. */
  start(erase: () => Promise<void>): ReturnType<typeof startDeletions>;
}

/** A store with one document, of which what is deleted is kept for a day. */
async function scene(keepsDeleted = true): Promise<Scene> {
  const time = new Time();
  const store = await memoryStore(time, { keepsDeleted });
  const doc = new Y.Doc();
  doc.getText('text').insert(0, 'secret');
  await store.submit(id, Y.encodeStateAsUpdate(doc), { kind: 'local' }, 1);
  return {
    time,
    store,
    start: (erase) => startDeletions({ store: { ...store, erase }, ...time, log, windowMs: day }),
  };
}

describe('erasures', () => {
  test('A220: one that failed is tried again, and done once', async () => {
    const { time, store, start } = await scene();
    let [failures, erasures] = [0, 0];
    const deletions = await start(async () => {
      if (failures++ === 0) throw new Error('the disk had a bad moment');
      erasures++;
    });
    await deletions.delete(id);
    for (let hour = 0; hour < 240; hour++) {
      time.pass(3_600_000);
      await deletions.settled();
    }
    expect([await store.kept(), failures, erasures]).toEqual([[], 2, 1]);
    await deletions.stop();
  });

  test('A220: a node that is killed between forgetting and erasing erases after its next start', async () => {
    const { time, store, start } = await scene();
    let isKilled = false;
    const killed = await start(() => {
      isKilled = true;
      return new Promise(() => {});
    });
    await killed.delete(id);
    while (!isKilled) {
      time.pass(3_600_000);
      await Promise.race([killed.settled(), new Promise(setImmediate)]);
    }
    expect(await store.kept()).toEqual([]);
    let erasures = 0;
    const next = await start(async () => void erasures++);
    for (let hour = 0; hour < 240; hour++) {
      time.pass(3_600_000);
      await next.settled();
    }
    expect(erasures).toBe(1);
    await next.stop();
  });

  test('A220: what was deleted without being set aside, as a damaged document is, is erased after the window too', async () => {
    const { time, store, start } = await scene(false);
    let erasures = 0;
    const deletions = await start(async () => void erasures++);
    store.onCommit(deletions.committed);
    await deletions.delete(id);
    expect(await store.kept()).toEqual([]);
    for (let hour = 0; hour < 22; hour++) {
      time.pass(3_600_000);
      await deletions.settled();
    }
    expect(erasures).toBe(0);
    for (let hour = 0; hour < 100; hour++) {
      time.pass(3_600_000);
      await deletions.settled();
    }
    expect(erasures).toBe(1);
    await deletions.stop();
  });

  test('A220: nothing is forgotten where it cannot be noted that it is to be erased', async () => {
    const { store } = await scene();
    let forgotten = 0;
    const erasure = openErasure({ ...store, writeState: async () => {} }, 'test');
    await expect(erasure.after(1, async () => ++forgotten)).rejects.toThrow('noted');
    expect(forgotten).toBe(0);
  });
});
