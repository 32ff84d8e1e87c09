import { documentKey } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import { unwrap } from './contract/fixture.ts';
import type { DocumentStore, StoreOptions } from './store-types.ts';
import { createAuthor } from './testing/author.ts';
import { faultyDatabase } from './testing/faulty-database.ts';
import { createGate, type Gate, until } from './testing/gate.ts';
import { idOf, local, memoryDatabase, memoryOptions, opened } from './testing/stores.ts';

/** A store whose batches wait for a gate, once it is open. */
async function gated(overrides: Partial<StoreOptions> = {}): Promise<{ store: DocumentStore; gate: Gate }> {
  const gate = createGate();
  let on = false;
  const database = faultyDatabase(memoryDatabase(), {
    before: (operation) => (on ? gate.before?.(operation) : undefined),
  });
  const store = await opened(memoryOptions({ openDatabase: () => database, ...overrides }));
  on = true;
  return { store, gate };
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  return (await Promise.race([promise, Promise.resolve(pending)])) === pending;
}

describe('write loop', () => {
  it('S1: before the sync nothing is acknowledged, announced, read, listed, described or mailed', async () => {
    const { store, gate } = await gated();
    const author = createAuthor(1);
    const key = documentKey(idOf('a'));
    gate.release();
    unwrap(await store.submit(idOf('a'), author.type('synced'), local));
    const before = {
      read: unwrap(await store.read(idOf('a'))),
      described: await store.describe([key]),
      mail: await store.outbox(0, 1_000_000),
      feed: store.status().feedHead,
    };
    let announced = 0;
    store.onCommit((changes) => {
      announced += changes.length;
    });
    const update = author.type(' queued');
    const receipt = store.submit(idOf('a'), update, local);
    const duplicate = store.submit(idOf('a'), update, local);
    const created = store.submit(idOf('b'), createAuthor(2).type('b'), local);
    await until(() => gate.waiting === 1);
    expect(announced).toBe(0);
    expect(unwrap(await store.read(idOf('a')))).toEqual(before.read);
    expect(await store.describe([key])).toEqual(before.described);
    expect(await store.outbox(0, 1_000_000)).toEqual(before.mail);
    expect(store.status().feedHead).toBe(before.feed);
    expect(await store.lookup(idOf('b'))).toMatchObject({ phase: 'absent' });
    expect(await store.list('default', '', 10)).toHaveLength(1);
    for (const promise of [receipt, duplicate, created]) expect(await isPending(promise)).toBe(true);
    gate.open();
    expect(unwrap(await receipt).novel).toBe(true);
    expect(unwrap(await duplicate)).toMatchObject({ novel: false, sequence: 2 });
    expect(unwrap(await created).novel).toBe(true);
    expect(announced).toBe(2);
    expect(await store.list('default', '', 10)).toHaveLength(2);
    await store.close();
  });

  it('S2: changes that come during a sync share the next batch, with one head and feed entry a document', async () => {
    const { store, gate } = await gated();
    const batches: number[] = [];
    store.onCommit((changes) => batches.push(changes.length));
    const [one, two] = [createAuthor(1), createAuthor(2)];
    for (const name of ['a', 'b']) await store.lookup(idOf(name));
    const first = store.submit(idOf('a'), one.type('x'), local);
    await until(() => gate.waiting === 1);
    const later = Array.from({ length: 30 }, (_, at) =>
      at % 2 === 0
        ? store.submit(idOf('a'), one.type('x'), local)
        : store.submit(idOf('b'), two.type('y'), local),
    );
    gate.open();
    for (const receipt of [first, ...later]) unwrap(await receipt);
    expect(batches).toEqual([1, 30]);
    expect(await store.feedHead()).toBe(3);
    await store.close();
  });

  it('S2: a listener hears of a batch before any of its promises resolves', async () => {
    const store = await opened(memoryOptions());
    const order: string[] = [];
    store.onCommit((changes) => order.push(`announced ${changes.length}`));
    const author = createAuthor(1);
    const receipts = ['a', 'b'].map(async (text) => {
      await store.submit(idOf('a'), author.type(text), local);
      order.push('acknowledged');
    });
    await Promise.all(receipts);
    expect(order).toEqual(['announced 2', 'acknowledged', 'acknowledged']);
    await store.close();
  });

  it('S2: a document does not leave the memory with changes on their way to the disk, so that what builds on them is taken', async () => {
    const { store, gate } = await gated({ tunables: { maxOpenDocumentBytes: 1 } });
    const author = createAuthor(1);
    const receipts = [store.submit(idOf('a'), author.type('a'), local)];
    await until(() => gate.waiting === 1);
    for (const [at, name] of ['b', 'c', 'd'].entries()) {
      receipts.push(store.submit(idOf(name), createAuthor(at + 2).type(name), local));
      await store.lookup(idOf(`${name} is not there`));
    }
    const next = store.submit(idOf('a'), author.type('b'), local);
    expect(await isPending(next)).toBe(true);
    gate.open();
    for (const receipt of [...receipts, next]) unwrap(await receipt);
    expect(unwrap(await store.read(idOf('a')))?.version.stateVector.get(1)).toBe(2);
    await store.close();
  });

  it('S6: too much in the queue is refused for now, and taken again when it is written', async () => {
    const { store, gate } = await gated({ tunables: { maxQueueBytes: 10_000 } });
    const author = createAuthor(1);
    const first = store.submit(idOf('a'), author.type('x'), local);
    await until(() => gate.waiting === 1);
    const taken: Promise<unknown>[] = [];
    let refused: Promise<unknown> | undefined;
    while (refused === undefined && taken.length < 100) {
      const receipt = store.submit(idOf('b'), createAuthor(taken.length + 2).type('x'.repeat(1000)), local);
      if (await isPending(receipt)) taken.push(receipt);
      else refused = receipt;
    }
    expect(taken.length).toBeGreaterThan(5);
    expect(taken.length).toBeLessThan(12);
    expect(await refused).toMatchObject({ ok: false, error: { code: 'STORE_BUSY', retry: true } });
    gate.open();
    for (const receipt of [first, ...taken]) expect(await receipt).toMatchObject({ ok: true });
    unwrap(await store.submit(idOf('c'), createAuthor(200).type('x'), local));
    expect(store.status().queuedBytes).toBe(0);
    await store.close();
  });

  it('S6: a batch is bounded in bytes; what does not fit goes into the next', async () => {
    const { store, gate } = await gated({ tunables: { maxBatchBytes: 3000 } });
    const batches: number[] = [];
    store.onCommit((changes) => batches.push(changes.length));
    const receipts = Array.from({ length: 10 }, (_, at) =>
      store.submit(idOf('a'), createAuthor(at + 1).type('x'.repeat(1000)), local),
    );
    gate.open();
    for (const receipt of receipts) unwrap(await receipt);
    expect(batches).toEqual([3, 3, 3, 1]);
    await store.close();
  });

  it('S3: closing writes what is queued and refuses what comes later', async () => {
    const options = memoryOptions();
    const store = await opened(options);
    const author = createAuthor(1);
    const receipt = store.submit(idOf('a'), author.type('last'), local);
    const closed = store.close();
    unwrap(await receipt);
    await closed;
    expect(await store.submit(idOf('a'), author.type('late'), local)).toMatchObject({ ok: false });
    await expect(store.read(idOf('a'))).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    const again = await opened(options);
    expect(unwrap(await again.read(idOf('a')))?.updates.length).toBe(1);
    await again.close();
  });
});
