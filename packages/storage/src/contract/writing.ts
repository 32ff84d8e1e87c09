import { compactUpdates, contentHash, documentJson } from '@hearsay/document';
import { expect, it } from 'vitest';
import { createAuthor } from '../testing/author.ts';
import { idOf, local, peerId } from '../testing/stores.ts';
import { type CreateFixture, unwrap, withFixture, withStore } from './fixture.ts';

export function writingContract(create: CreateFixture): void {
  it('S39: a client id belongs to the user who wrote with it first; others may repeat, not add', async () => {
    await withStore(create, async (store) => {
      const of = (user: string) => ({ kind: 'client', session: `of ${user}`, user }) as const;
      const [alice, forged] = [createAuthor(7), createAuthor(7)];
      const first = alice.type('one');
      unwrap(await store.submit(idOf('a'), first, of('alice')));
      forged.type('one');
      const poison = forged.type('?????');
      expect(await store.submit(idOf('a'), poison, of('mallory'))).toMatchObject({
        error: { code: 'NOT_PERMITTED', retry: false },
      });
      expect(unwrap(await store.submit(idOf('a'), first, of('mallory')))).toMatchObject({ novel: false });
      unwrap(await store.submit(idOf('a'), createAuthor(8).type('hers'), of('mallory')));
      unwrap(await store.submit(idOf('a'), alice.type(' two'), of('alice')));
      // Where nobody says who they are, nobody is told apart.
      unwrap(await store.submit(idOf('a'), alice.type(' three'), { kind: 'client', session: 's' }));
      const document = unwrap(await store.read(idOf('a')));
      expect(JSON.stringify(documentJson(document?.updates ?? []))).toContain('one two three');
    });
  });

  it('S83: to a document of its full weight clients add nothing; they delete, peers add, and then there is room again', async () => {
    await withFixture(create, async (fixture) => {
      const store = await fixture.open({ maxDocumentBytes: 2000 });
      const [author, peer] = [createAuthor(1), createAuthor(2)];
      const client = { kind: 'client', session: 's' } as const;
      unwrap(await store.submit(idOf('a'), author.type('x'.repeat(1500)), client));
      const more = createAuthor(3).type('y'.repeat(600));
      const full = { ok: false, error: { code: 'DOCUMENT_FULL', retry: false } };
      expect(await store.submit(idOf('a'), more, client)).toMatchObject(full);
      const change = { kind: 'update', id: idOf('a'), life: 1, update: peer.type('z'.repeat(900)) } as const;
      expect(await store.receive([change], peerId(9))).toMatchObject([{ ok: true }]);
      expect(await store.submit(idOf('a'), createAuthor(4).type('!'), client)).toMatchObject(full);
      unwrap(await store.submit(idOf('a'), author.erase(0, 1500), client));
      await store.compact(idOf('a'));
      unwrap(await store.submit(idOf('a'), more, client));
      // Another document has its own weight.
      unwrap(await store.submit(idOf('b'), createAuthor(5).type('x'.repeat(1500)), client));
      await store.close();
    });
  });

  it('S3: what was acknowledged is there after closing and opening, and the roots with it', async () => {
    await withFixture(create, async (fixture) => {
      let store = await fixture.open();
      const authors = [1, 2, 3].map(createAuthor);
      for (const author of authors) {
        for (const text of ['one ', 'two ', 'three']) {
          unwrap(await store.submit(idOf(`doc-${author.client}`), author.type(text), local));
        }
      }
      const roots = await store.roots();
      const { replicaId, incarnation } = store.identity;
      await store.close();
      store = await fixture.open();
      expect(store.status().counters.indexedDocuments).toBe(0);
      expect(await store.roots()).toEqual(roots);
      expect(store.identity).toEqual({
        cluster: store.identity.cluster,
        replicaId,
        incarnation: incarnation + 1,
      });
      for (const { client } of authors) {
        const document = unwrap(await store.read(idOf(`doc-${client}`)));
        expect(document?.updates.length).toBe(3);
        expect(documentJson(document?.updates ?? [])).toEqual({ text: 'one two three' });
        expect(document?.version.stateVector.get(client)).toBe(13);
      }
      expect(store.status().documents).toBe(3);
      await store.close();
    });
  });

  it('S2: submissions of one document keep their order, also before it is loaded', async () => {
    await withFixture(create, async (fixture) => {
      const author = createAuthor(1);
      let store = await fixture.open();
      unwrap(await store.submit(idOf('a'), author.type('0'), local));
      await store.close();
      store = await fixture.open();
      const texts = Array.from({ length: 50 }, (_, at) => `,${at + 1}`);
      const seen: number[] = [];
      store.onCommit((changes) => seen.push(...changes.map(({ sequence }) => sequence)));
      const receipts = await Promise.all(
        texts.map((text) => store.submit(idOf('a'), author.type(text), local)),
      );
      const sequences = receipts.map((receipt) => unwrap(receipt).sequence);
      expect(sequences).toEqual(texts.map((_, at) => at + 2));
      expect(seen).toEqual(sequences);
      const document = unwrap(await store.read(idOf('a')));
      expect(documentJson(document?.updates ?? [])).toEqual({ text: `0${texts.join('')}` });
      await store.close();
    });
  });

  it('S4: of an update only what is new is stored, announced and mailed; nothing of a duplicate', async () => {
    await withStore(create, async (store) => {
      const author = createAuthor(1);
      const [first, second] = [author.type('ab'), author.type('cd')];
      const both = compactUpdates([first, second]).state;
      unwrap(await store.submit(idOf('a'), first, local));
      const announced: (Uint8Array | null)[] = [];
      store.onCommit((changes) => announced.push(...changes.map(({ update }) => update)));
      expect(unwrap(await store.submit(idOf('a'), both, local))).toMatchObject({ novel: true, sequence: 2 });
      expect(announced.length).toBe(1);
      expect(announced[0]?.byteLength).toBeLessThan(both.byteLength);
      for (const update of [first, second, both]) {
        expect(unwrap(await store.submit(idOf('a'), update, local))).toMatchObject({ novel: false });
      }
      expect(announced.length).toBe(1);
      expect(await store.outboxHead()).toBe(2);
      const document = unwrap(await store.read(idOf('a')));
      expect(contentHash(document?.updates ?? [])).toBe(contentHash([both]));
    });
  });

  it('S5: what is malformed or builds on something unknown is refused and leaves nothing behind', async () => {
    await withStore(create, async (store) => {
      const author = createAuthor(1);
      const [first, second] = [author.type('ab'), author.type('cd')];
      const refused = [
        [first.subarray(0, 5), 'UPDATE_MALFORMED'],
        [Uint8Array.of(...first, 0), 'UPDATE_MALFORMED'],
        [second, 'UPDATE_MISSING_DEPENDENCIES'],
      ] as const;
      for (const [update, code] of refused) {
        expect(await store.submit(idOf('a'), update, local)).toMatchObject({ ok: false, error: { code } });
      }
      expect(unwrap(await store.read(idOf('a')))).toBeUndefined();
      expect(await store.roots()).toEqual([]);
      expect([await store.feedHead(), await store.outboxHead()]).toEqual([0, 0]);
      expect(await store.lookup(idOf('a'))).toMatchObject({ phase: 'absent', life: 0 });
    });
  });

  it('S23: cursors and states of peers are kept', async () => {
    await withFixture(create, async (fixture) => {
      let store = await fixture.open();
      const [one, two] = [peerId(1), peerId(2)];
      expect(await store.peerCursor(one)).toBe(0);
      expect(await store.mailCursor(one)).toBeUndefined();
      expect(await store.readState('peers')).toBeUndefined();
      await store.setPeerCursor(one, 7);
      await store.setMailCursor(one, 8);
      await store.setPeerCursor(two, 9);
      await store.writeState('peers', Uint8Array.of(1, 2));
      await store.writeState('peers2', new Uint8Array(0));
      await store.close();
      store = await fixture.open();
      expect([await store.peerCursor(one), await store.mailCursor(one)]).toEqual([7, 8]);
      expect([await store.peerCursor(two), await store.mailCursor(two)]).toEqual([9, undefined]);
      expect(await store.readState('peers')).toEqual(Uint8Array.of(1, 2));
      expect(await store.readState('peers2')).toEqual(new Uint8Array(0));
      await store.close();
    });
  });

  it('S12: compaction keeps content, version and root, tells what it learnt, and what comes later builds on it', async () => {
    await withFixture(create, async (fixture) => {
      let store = await fixture.open();
      const author = createAuthor(1);
      for (const value of ['a', 'b', 'c'])
        unwrap(await store.submit(idOf('m'), author.set('k', value), local));
      for (const text of ['x', 'y']) unwrap(await store.submit(idOf('m'), author.type(text), local));
      const origins: string[] = [];
      store.onCommit((changes) => origins.push(...changes.map(({ origin }) => origin.kind)));
      const before = await store.roots();
      expect(await store.compact(idOf('m'))).toBe(true);
      expect(origins).toEqual(['compaction']);
      const roots = await store.roots();
      expect(roots).not.toEqual(before);
      expect(await store.compact(idOf('m'))).toBe(true);
      expect(await store.compact(idOf('m'))).toBe(false);
      expect(await store.roots()).toEqual(roots);
      unwrap(await store.submit(idOf('m'), author.type('z'), local));
      const document = unwrap(await store.read(idOf('m')));
      expect(document?.updates.length).toBe(2);
      expect(documentJson(document?.updates ?? [])).toEqual({ map: { k: 'c' }, text: 'xyz' });
      await store.close();
      store = await fixture.open();
      expect(unwrap(await store.read(idOf('m')))).toEqual(document);
      await store.close();
    });
  });
}
