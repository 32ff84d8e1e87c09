import { documentKey } from '@hearsay/core';
import { documentJson } from '@hearsay/document';
import { expect, it } from 'vitest';
import { createAuthor } from '../testing/author.ts';
import { idOf, local, peerId } from '../testing/stores.ts';
import { type CreateFixture, unwrap, withFixture, withStore } from './fixture.ts';
import { exchange } from './replication.ts';

export function deletionContract(create: CreateFixture): void {
  it('S13: a deleted document is gone from reads and lists, stays so, and refuses its old life', async () => {
    await withFixture(create, async (fixture) => {
      let store = await fixture.open();
      const author = createAuthor(1);
      const [first, second] = [author.type('a'), author.type('b')];
      unwrap(await store.submit(idOf('a'), first, local));
      const root = await store.roots();
      const announced: unknown[] = [];
      store.onCommit((changes) => announced.push(...changes));
      expect(unwrap(await store.deleteDocument(idOf('a'), 42, peerId(9)))).toMatchObject({
        life: 1,
        novel: true,
      });
      const certificate = { life: 1, deletedAt: 42, activatedAt: 42, by: peerId(9), clients: [1] };
      expect(announced).toMatchObject([{ update: null, certificate, life: 1 }]);
      for (let opening = 0; opening < 2; opening++) {
        expect(unwrap(await store.read(idOf('a')))).toBeUndefined();
        expect(await store.lookup(idOf('a'))).toMatchObject({ phase: 'deleted', life: 1, certificate });
        expect(await store.list('default', '', 10)).toEqual([]);
        expect(await store.collections()).toEqual([]);
        expect(await store.roots()).toMatchObject([{ count: 1 }]);
        expect(await store.roots()).not.toEqual(root);
        for (const life of [undefined, 1]) {
          expect(await store.submit(idOf('a'), second, local, life)).toMatchObject({
            error: { code: 'LIFE_ENDED', retry: false },
          });
        }
        expect(unwrap(await store.deleteDocument(idOf('a'), 50, peerId(9)))).toMatchObject({ novel: false });
        await store.close();
        store = await fixture.open();
      }
      await store.close();
    });
  });

  it('S13: a new life begins with nothing of the old one, and the old one cannot end it', async () => {
    await withFixture(create, async (fixture) => {
      let store = await fixture.open();
      unwrap(await store.submit(idOf('a'), createAuthor(1).type('old'), local));
      unwrap(await store.deleteDocument(idOf('a'), 42, peerId(9)));
      const [certificate] = (
        await store.difference({ key: documentKey(idOf('a')), life: 0, sketch: null, ended: null })
      ).changes;
      if (certificate === undefined) throw new Error('no certificate');
      unwrap(await store.submit(idOf('a'), createAuthor(2).type('new'), local, 2));
      for (let opening = 0; opening < 2; opening++) {
        const document = unwrap(await store.read(idOf('a')));
        expect(document?.life).toBe(2);
        expect(documentJson(document?.updates ?? [])).toEqual({ text: 'new' });
        expect((await store.list('default', '', 10)).map(({ name }) => name)).toEqual(['a']);
        expect(await store.receive([certificate], peerId(1))).toMatchObject([
          { ok: true, value: { novel: false } },
        ]);
        await store.close();
        store = await fixture.open();
      }
      expect(store.status().documents).toBe(1);
      await store.close();
    });
  });

  it('S13: a higher life from a peer supersedes a live document; a certificate ends it', async () => {
    await withStore(create, async (store) => {
      unwrap(await store.submit(idOf('a'), createAuthor(1).type('old'), local));
      const end = (life: number) =>
        ({
          kind: 'certificate',
          id: idOf('a'),
          certificate: { life, deletedAt: 1, activatedAt: 1, by: peerId(1), clients: [] },
        }) as const;
      const update = createAuthor(2).type('new');
      const change = { kind: 'update', id: idOf('a'), life: 3, update } as const;
      for (const outcome of await store.receive([end(2), change], peerId(1))) unwrap(outcome);
      const document = unwrap(await store.read(idOf('a')));
      expect(documentJson(document?.updates ?? [])).toEqual({ text: 'new' });
      expect(await store.receive([end(5), end(5)], peerId(1))).toMatchObject([
        { ok: true, value: { novel: true } },
        { ok: true, value: { novel: false } },
      ]);
      expect(await store.lookup(idOf('a'))).toMatchObject({ phase: 'deleted', life: 5 });
      expect(await store.receive([change], peerId(1))).toMatchObject([{ error: { code: 'LIFE_ENDED' } }]);
    });
  });

  it('S40: clients of an ended life are remembered, and their edits refused whatever life they are meant for', async () => {
    await withFixture(create, async (fixture) => {
      let store = await fixture.open();
      const [first, second, fresh] = [createAuthor(7), createAuthor(3), createAuthor(11)];
      const client = { kind: 'client', session: 's' } as const;
      const [one, two] = [first.type('old'), second.type('old')];
      for (const update of [one, two]) unwrap(await store.submit(idOf('a'), update, client));
      unwrap(await store.deleteDocument(idOf('a'), 42, peerId(9)));
      expect((await store.lookup(idOf('a'))).certificate?.clients).toEqual([3, 7]);
      for (let opening = 0; opening < 2; opening++) {
        for (const life of [undefined, 2]) {
          const late = await store.submit(idOf('a'), one, client, life);
          expect(late).toMatchObject({ error: { code: 'LIFE_ENDED', retry: false } });
        }
        await store.close();
        store = await fixture.open();
      }
      unwrap(await store.submit(idOf('a'), fresh.type('new'), client, 2));
      for (let opening = 0; opening < 2; opening++) {
        for (const late of [first.type('more'), one, two]) {
          expect(await store.submit(idOf('a'), late, client)).toMatchObject({ ok: false });
        }
        expect(await store.submit(idOf('a'), two, client)).toMatchObject({
          error: { code: 'LIFE_ENDED' },
        });
        const document = unwrap(await store.read(idOf('a')));
        expect(documentJson(document?.updates ?? [])).toEqual({ text: 'new' });
        expect(document?.endedClients).toEqual([3, 7]);
        await store.close();
        store = await fixture.open();
      }
      unwrap(await store.submit(idOf('a'), fresh.type('er'), client));
      await store.close();
    });
  });

  it('S40: a store that never had the ended life learns of its clients with the new one, and one that had it knows more', async () => {
    await withStore(create, async (mine) => {
      await withStore(create, async (theirs) => {
        const client = { kind: 'client', session: 's' } as const;
        const old = createAuthor(7).type('old');
        unwrap(await mine.submit(idOf('a'), old, client));
        unwrap(await mine.deleteDocument(idOf('a'), 42, peerId(9)));
        unwrap(await mine.submit(idOf('a'), createAuthor(8).type('new'), client, 2));
        await exchange(mine, theirs, documentKey(idOf('a')));
        expect(await theirs.roots()).toEqual(await mine.roots());
        expect(unwrap(await theirs.read(idOf('a')))?.endedClients).toEqual([7]);
        expect(await theirs.submit(idOf('a'), old, client)).toMatchObject({
          error: { code: 'LIFE_ENDED' },
        });
        // Of the life before it had only what nobody else did.
        const certificate = { life: 1, deletedAt: 43, activatedAt: 43, by: peerId(9), clients: [2] };
        const more = { kind: 'certificate', id: idOf('a'), certificate } as const;
        for (const outcome of await theirs.receive([more], peerId(1))) unwrap(outcome);
        expect(await theirs.roots()).not.toEqual(await mine.roots());
        await exchange(mine, theirs, documentKey(idOf('a')));
        for (const store of [mine, theirs]) {
          expect(unwrap(await store.read(idOf('a')))?.endedClients).toEqual([2, 7]);
        }
        expect(await theirs.roots()).toEqual(await mine.roots());
      });
    });
  });

  it('S40: a certificate that names clients out of order, or too many, is refused', async () => {
    await withStore(create, async (store) => {
      const many = Array.from({ length: 129 }, (_, client) => client);
      for (const clients of [[2, 1], [1, 1], [4_294_967_296], many]) {
        const certificate = { life: 1, deletedAt: 1, activatedAt: 1, by: peerId(1), clients };
        expect(
          await store.receive([{ kind: 'certificate', id: idOf('a'), certificate }], peerId(1)),
        ).toMatchObject([{ error: { code: 'UPDATE_LIMIT' } }]);
      }
    });
  });

  it('S13: deletion and a new life reach another store by rung 3, also one that never knew the document', async () => {
    await withStore(create, async (mine) => {
      await withStore(create, async (theirs) => {
        const key = documentKey(idOf('a'));
        const other = documentKey(idOf('never seen'));
        unwrap(await mine.submit(idOf('a'), createAuthor(1).type('old'), local));
        await exchange(mine, theirs, key);
        unwrap(await theirs.submit(idOf('never seen'), createAuthor(1).type('x'), local));
        unwrap(await mine.deleteDocument(idOf('a'), 1, peerId(1)));
        unwrap(await theirs.deleteDocument(idOf('never seen'), 1, peerId(1)));
        for (const at of [key, other]) await exchange(mine, theirs, at);
        expect(await mine.roots()).toEqual(await theirs.roots());
        for (const store of [mine, theirs]) {
          expect(await store.lookup(idOf('a'))).toMatchObject({ phase: 'deleted', life: 1 });
          expect(await store.lookup(idOf('never seen'))).toMatchObject({ phase: 'deleted', life: 1 });
        }
        unwrap(await theirs.submit(idOf('a'), createAuthor(2).type('new'), local, 2));
        await exchange(mine, theirs, key);
        expect(await mine.lookup(idOf('a'))).toMatchObject({ phase: 'live', life: 2 });
        expect(await mine.roots()).toEqual(await theirs.roots());
      });
    });
  });

  it('S7: names are listed in order, by pages, by prefix, of one collection', async () => {
    await withStore(create, async (store) => {
      const names = ['b', 'a/1', 'a', 'a/2', 'é', 'aa', '😀', '～'];
      for (const [at, name] of names.entries()) {
        unwrap(await store.submit(idOf(name), createAuthor(at + 1).type('x'), local));
        unwrap(await store.submit(idOf(`${name}!`, 'default2'), createAuthor(at + 1).type('x'), local));
      }
      const list = async (after: string, limit: number, prefix?: string): Promise<string[]> =>
        (await store.list('default', after, limit, prefix)).map(({ name }) => name);
      expect(await list('', 100)).toEqual(['a', 'a/1', 'a/2', 'aa', 'b', 'é', '～', '😀']);
      expect(await list('', 2)).toEqual(['a', 'a/1']);
      expect(await list('a/1', 2)).toEqual(['a/2', 'aa']);
      expect(await list('～', 10)).toEqual(['😀']);
      expect(await list('', 10, 'a/')).toEqual(['a/1', 'a/2']);
      expect(await list('a/1', 10, 'a/')).toEqual(['a/2']);
      expect(await store.collections()).toEqual(['default', 'default2']);
    });
  });
}
