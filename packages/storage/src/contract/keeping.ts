import { type DocumentKey, documentKey } from '@hearsay/core';
import { documentJson } from '@hearsay/document';
import { expect, it } from 'vitest';
import { createAuthor } from '../testing/author.ts';
import { idOf, local, peerId } from '../testing/stores.ts';
import { type CreateFixture, unwrap, withFixture, withStore } from './fixture.ts';

const keeping = { keepsDeleted: true } as const;
const client = { kind: 'client', session: 's' } as const;

export function keepingContract(create: CreateFixture): void {
  it('S41: a deleted document is kept, listed, and brought back as a new life that its clients may go on with', async () => {
    await withFixture(create, async (fixture) => {
      let store = await fixture.open(keeping);
      const author = createAuthor(7);
      unwrap(await store.submit(idOf('a'), author.type('one '), client));
      unwrap(await store.submit(idOf('a'), author.type('two'), client));
      unwrap(await store.deleteDocument(idOf('a'), 42, peerId(9)));
      expect(unwrap(await store.read(idOf('a')))).toBeUndefined();
      await store.close();
      store = await fixture.open(keeping);
      expect(await store.kept()).toEqual([{ id: idOf('a'), life: 1, deletedAtMs: expect.any(Number) }]);
      expect(unwrap(await store.undelete(idOf('a')))).toMatchObject({ life: 2, novel: true });
      expect(await store.kept()).toEqual([]);
      unwrap(await store.submit(idOf('a'), author.type(' three'), client));
      const document = unwrap(await store.read(idOf('a')));
      expect(documentJson(document?.updates ?? [])).toEqual({ text: 'one two three' });
      expect((await store.list('default', '', 10)).map(({ name }) => name)).toEqual(['a']);
      expect(await store.undelete(idOf('a'))).toMatchObject({ error: { code: 'NOT_KEPT' } });
      await store.close();
    });
  });

  it('S41: what a peer deleted is kept as well, and a new life after it has nothing of it', async () => {
    await withFixture(create, async (fixture) => {
      const store = await fixture.open(keeping);
      unwrap(await store.submit(idOf('a'), createAuthor(7).type('old'), client));
      const certificate = { life: 1, deletedAt: 1, activatedAt: 1, by: peerId(1), clients: [7] };
      const ended = { kind: 'certificate', id: idOf('a'), certificate } as const;
      const begun = { kind: 'update', id: idOf('a'), life: 2, update: createAuthor(8).type('new') } as const;
      for (const outcome of await store.receive([ended, begun], peerId(1))) unwrap(outcome);
      const document = unwrap(await store.read(idOf('a')));
      expect(documentJson(document?.updates ?? [])).toEqual({ text: 'new' });
      expect(await store.kept()).toMatchObject([{ id: idOf('a'), life: 1 }]);
      expect(await store.undelete(idOf('a'))).toMatchObject({ error: { code: 'NOT_KEPT' } });
      await store.close();
    });
  });

  it('S41: what is kept is told in pages, each once, and of one document by itself', async () => {
    await withFixture(create, async (fixture) => {
      const store = await fixture.open(keeping);
      const names = Array.from({ length: 300 }, (_, at) => `n${at}`);
      for (const name of names) unwrap(await store.submit(idOf(name), createAuthor(7).type('x'), local));
      await Promise.all(names.map((name) => store.deleteDocument(idOf(name), 42, peerId(9))));
      const told: string[] = [];
      for (let after: DocumentKey | null = null; ; ) {
        const page = await store.kept(after, 120);
        expect(page.length).toBeLessThanOrEqual(120);
        told.push(...page.map(({ id }) => id.name));
        const last = page.at(-1);
        if (last === undefined) break;
        after = documentKey(last.id);
      }
      expect(told).toHaveLength(300);
      expect(new Set(told)).toEqual(new Set(names));
      expect((await store.kept()).map(({ id }) => id.name)).toEqual(told);
      expect(await store.keptOf(idOf('n7'))).toMatchObject({ id: idOf('n7'), life: 1 });
      expect(await store.keptOf(idOf('never'))).toBeUndefined();
      expect(await store.forgetDeleted(Number.MAX_SAFE_INTEGER)).toBe(300);
      await store.close();
    });
  });

  it('S41: what is forgotten is not brought back; without being told so a store keeps nothing', async () => {
    await withFixture(create, async (fixture) => {
      const store = await fixture.open(keeping);
      for (const name of ['a', 'b']) {
        unwrap(await store.submit(idOf(name), createAuthor(7).type('x'), local));
        unwrap(await store.deleteDocument(idOf(name), 42, peerId(9)));
      }
      const [{ deletedAtMs } = { deletedAtMs: 0 }] = await store.kept();
      expect(await store.forgetDeleted(deletedAtMs)).toBe(0);
      expect(await store.forgetDeleted(Number.MAX_SAFE_INTEGER)).toBe(2);
      expect(await store.kept()).toEqual([]);
      expect(await store.undelete(idOf('a'))).toMatchObject({ error: { code: 'NOT_KEPT' } });
      await store.close();
    });
    await withStore(create, async (store) => {
      unwrap(await store.submit(idOf('a'), createAuthor(7).type('x'), local));
      unwrap(await store.deleteDocument(idOf('a'), 42, peerId(9)));
      expect(await store.kept()).toEqual([]);
    });
  });
}
