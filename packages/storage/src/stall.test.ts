import type { Timers } from '@hearsay/core';
import { documentKey } from '@hearsay/core';
import { expect, it } from 'vitest';
import { unwrap } from './contract/fixture.ts';
import { createAuthor } from './testing/author.ts';
import { faultyDatabase, ioError } from './testing/faulty-database.ts';
import { until } from './testing/gate.ts';
import { idOf, local, memoryDatabase, memoryOptions, opened, peerId } from './testing/stores.ts';
import { storeTunables } from './tunables.ts';

/** A store on a disk that answers no batch while `hangs` is set, and refuses it in the end when `fails` is. */
async function onHangingDisk() {
  const disk = { hangs: false, fails: false, answer: (): void => {}, endure: (): void => {} };
  const database = faultyDatabase(memoryDatabase(), {
    async before(operation) {
      if (operation !== 'batch' || !disk.hangs) return;
      await new Promise<void>((resolve) => {
        disk.answer = resolve;
      });
      if (disk.fails) throw ioError();
    },
  });
  const timers: Timers = {
    set(delayMs, fire) {
      if (delayMs === storeTunables.stallMs) disk.endure = fire;
      else if (delayMs < 1000) setImmediate(fire);
      return () => {
        disk.endure = () => {};
      };
    },
  };
  const store = await opened(memoryOptions({ openDatabase: () => database, timers }));
  const states: string[] = [];
  store.onStatus(({ state, code }) => states.push(`${state} ${code}`));
  return { disk, store, states };
}

it('S30: a disk that hangs is told after five seconds; writers are refused, readers are not, and it goes on by itself', async () => {
  const { disk, store, states } = await onHangingDisk();
  const author = createAuthor(1);
  unwrap(await store.submit(idOf('a'), author.type('first'), local));
  const announced: unknown[] = [];
  store.onCommit((changes) => announced.push(...changes));
  disk.hangs = true;
  const second = author.type(' second');
  const waiting = [store.submit(idOf('a'), second, local)];
  await until(() => store.status().queuedBytes > 0);
  waiting.push(store.submit(idOf('a'), author.type(' third'), local), store.submit(idOf('a'), second, local));
  const heard = store.receive(
    [{ kind: 'update', id: idOf('b'), life: 1, update: createAuthor(2).type('b') }],
    peerId(2),
  );
  expect(store.status()).toMatchObject({ state: 'ready', code: null });
  disk.endure();
  expect(store.status()).toMatchObject({ state: 'stalled', code: 'DISK_STALLED' });
  const refused = { ok: false, error: { code: 'DISK_STALLED', retry: true } };
  for (const receipt of await Promise.all(waiting)) expect(receipt).toMatchObject(refused);
  expect(await heard).toMatchObject([refused]);
  const queued = store.status().queuedBytes;
  for (let again = 0; again < 100; again++) {
    expect(await store.submit(idOf(`c${again}`), createAuthor(3).type('c'), local)).toMatchObject(refused);
  }
  expect(store.status().queuedBytes).toBe(queued);
  expect(unwrap(await store.read(idOf('a')))?.updates).toHaveLength(1);
  expect(announced).toEqual([]);
  disk.hangs = false;
  disk.answer();
  await until(() => store.status().state === 'ready' && announced.length > 1);
  await store.idle();
  expect(states).toEqual(['stalled DISK_STALLED', 'ready null']);
  expect(store.status().counters.stalls).toBe(1);
  // What was refused came to the disk after all, and sending it again settles it.
  expect(unwrap(await store.submit(idOf('a'), second, local)).novel).toBe(false);
  unwrap(await store.submit(idOf('a'), author.type(' fourth'), local));
  const [described] = await store.describe([documentKey(idOf('a'))]);
  expect(described).toBeDefined();
  await store.close();
});

it('S30: a batch that fails in the end is recovered from as any', async () => {
  const { disk, store, states } = await onHangingDisk();
  disk.hangs = true;
  const receipt = store.submit(idOf('a'), createAuthor(1).type('a'), local);
  await until(() => store.status().queuedBytes > 0);
  await new Promise((resolve) => setImmediate(resolve));
  disk.endure();
  expect(await receipt).toMatchObject({ error: { code: 'DISK_STALLED' } });
  disk.hangs = false;
  disk.fails = true;
  disk.answer();
  await until(() => states.includes('ready null'));
  expect(states).toEqual(['stalled DISK_STALLED', 'recovering STORE_UNAVAILABLE', 'ready null']);
  disk.fails = false;
  unwrap(await store.submit(idOf('a'), createAuthor(1).type('a'), local));
  await store.close();
});
