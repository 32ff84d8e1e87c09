import { type Digest, type DocumentKey, documentKey } from '@hearsay/core';
import { versionOfUpdate } from '@hearsay/document';
import { memoryNodes, updateIndex } from '@hearsay/merkle';
import { expect, it } from 'vitest';
import { absentState } from '../document-state.ts';
import { leafOf } from '../index-leaf.ts';
import type { DocumentStore } from '../store-types.ts';
import { createAuthor } from '../testing/author.ts';
import { idOf, local, peerId } from '../testing/stores.ts';
import { type CreateFixture, unwrap, withFixture, withStore } from './fixture.ts';

export function feedContract(create: CreateFixture): void {
  it('S9: the feed names each document once, at its last change, from any cursor on', async () => {
    await withFixture(create, async (fixture) => {
      let store = await fixture.open();
      const authors = new Map(['a', 'b', 'c'].map((name, at) => [name, createAuthor(at + 1)]));
      for (const name of ['a', 'b', 'c', 'a', 'b', 'a']) await type(store, name, authors.get(name));
      const order = ['c', 'b', 'a'].map((name) => documentKey(idOf(name)));
      expect(await keysAfter(store, 0)).toEqual(order);
      const head = await store.feedHead();
      expect(await store.recent(head, 10)).toEqual({ entries: [], cursor: head, complete: true });
      const page = await store.recent(0, 2);
      expect([page.entries.length, page.complete]).toEqual([2, false]);
      expect((await keysAfter(store, page.cursor)).slice(-1)).toEqual(order.slice(2));
      await store.close();
      store = await fixture.open();
      expect(await store.feedHead()).toBe(head);
      await type(store, 'c', authors.get('c'));
      expect(await keysAfter(store, head)).toEqual(order.slice(0, 1));
      expect(await keysAfter(store, 0)).toEqual([...order.slice(1), ...order.slice(0, 1)]);
      await store.close();
    });
  });

  it('S10: digests are those of the documents, in the feed as in the index, and equal content has equal roots', async () => {
    await withFixture(create, async (fixture) => {
      const store = await fixture.open({ tunables: { indexPageDocuments: 7 } });
      const leaves = new Map<DocumentKey, Digest>();
      for (let client = 1; client <= 60; client++) {
        const update = createAuthor(client).type(`text of ${client}`);
        unwrap(await store.submit(idOf(`doc-${client}`), update, local));
        const version = unwrap(versionOfUpdate(update));
        const digest = leafOf({ ...absentState, life: 1, version });
        if (digest !== null) leaves.set(documentKey(idOf(`doc-${client}`)), digest);
      }
      const { root } = await updateIndex(memoryNodes(), leaves);
      expect(await store.roots()).toEqual([{ collection: 'default', ...root }]);
      const { entries } = await store.recent(0, 1000);
      expect(new Map(entries.map(({ key, digest }) => [key, digest]))).toEqual(leaves);
      const keys = [...leaves.keys()].reverse();
      const unknown = documentKey(idOf('unknown'));
      expect(await store.digests([...keys, unknown])).toEqual([...keys.map((key) => leaves.get(key)), null]);
      await store.close();
      const again = await fixture.open();
      expect(await again.digests(keys)).toEqual(keys.map((key) => leaves.get(key)));
      await again.close();
    });
  });

  it('S10: collections have roots of their own, in order of their names', async () => {
    await withStore(create, async (store) => {
      for (const collection of ['notes', 'default', 'z']) {
        unwrap(await store.submit(idOf('same', collection), createAuthor(1).type('same'), local));
      }
      const roots = await store.roots();
      expect(roots.map(({ collection, count }) => [collection, count])).toEqual([
        ['default', 1],
        ['notes', 1],
        ['z', 1],
      ]);
      expect(new Set(roots.map(({ digest }) => digest)).size).toBe(3);
    });
  });

  it('S11: the outbox tells changes in the order of their commits, with who sent them', async () => {
    await withFixture(create, async (fixture) => {
      let store = await fixture.open({ tunables: { maxRecentMailBytes: 1500 } });
      const author = createAuthor(1);
      const updates = Array.from({ length: 20 }, (_, at) => author.type(`update ${at};`));
      for (const [at, update] of updates.entries()) {
        const change = { kind: 'update', id: idOf('a'), life: 1, update } as const;
        if (at % 2 === 0) unwrap(await store.submit(idOf('a'), update, local));
        else for (const outcome of await store.receive([change], peerId(at))) unwrap(outcome);
      }
      for (let opening = 0; opening < 2; opening++) {
        const { entries, cursor, dropped } = await store.outbox(0, 1_000_000);
        expect([entries.length, cursor, dropped]).toEqual([20, 20, 0]);
        for (const [at, entry] of entries.entries()) {
          const change = { kind: 'update', id: idOf('a'), life: 1, update: updates[at] };
          const from = at % 2 === 0 ? null : peerId(at);
          expect(entry).toEqual({ sequence: at + 1, key: documentKey(idOf('a')), from, change });
        }
        await store.close();
        store = await fixture.open();
      }
      const page = await store.outbox(5, 200);
      expect(page.entries[0]?.sequence).toBe(6);
      expect(page.entries.length).toBeLessThan(5);
      expect(page.cursor).toBe(page.entries.at(-1)?.sequence);
      expect((await store.outbox(20, 1000)).entries).toEqual([]);
      expect((await store.outbox(19, 1)).entries.length).toBe(1);
      await store.close();
    });
  });

  it('S11: what is compacted away is left out and counted', async () => {
    await withStore(create, async (store) => {
      const author = createAuthor(1);
      for (let at = 0; at < 5; at++) unwrap(await store.submit(idOf('a'), author.type(`${at}`), local));
      expect(await store.compact(idOf('a'))).toBe(true);
      const reopened = await store.outbox(0, 1_000_000);
      expect(reopened.cursor).toBe(5);
      expect(reopened.entries.length + reopened.dropped).toBe(5);
    });
  });
}

async function type(
  store: DocumentStore,
  name: string,
  author: ReturnType<typeof createAuthor> | undefined,
): Promise<void> {
  if (author === undefined) throw new Error(`nobody writes ${name}`);
  unwrap(await store.submit(idOf(name), author.type('x'), local));
}

async function keysAfter(store: DocumentStore, cursor: number): Promise<DocumentKey[]> {
  const { entries, complete } = await store.recent(cursor, 100);
  expect(complete).toBe(true);
  return entries.map(({ key }) => key);
}
