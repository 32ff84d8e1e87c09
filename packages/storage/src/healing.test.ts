import { documentKey } from '@hearsay/core';
import { documentJson } from '@hearsay/document';
import { describe, expect, it } from 'vitest';
import { unwrap } from './contract/fixture.ts';
import { exchange } from './contract/replication.ts';
import type { Database } from './database.ts';
import { documentKeyBytes, headKey, snapshotKey, tailKey } from './keys.ts';
import type { DocumentStore } from './store-types.ts';
import { createAuthor } from './testing/author.ts';
import { idOf, memoryDatabase, memoryOptions, opened, peerId } from './testing/stores.ts';

const key = documentKey(idOf('a'));
const bytes = documentKeyBytes(key);
const client = { kind: 'client', session: 's' } as const;

async function textIn(store: DocumentStore): Promise<unknown> {
  const read = await store.read(idOf('a'));
  return read.ok ? documentJson(read.value?.updates ?? [])['text'] : read.error.code;
}

async function flip(disk: Database, record: Uint8Array): Promise<void> {
  const value = (await disk.get(record))?.slice() ?? new Uint8Array(1);
  const middle = value.byteLength >> 1;
  value[middle] = (value[middle] ?? 0) ^ 4;
  await disk.put(record, value);
}

/** A store that lives through `life`, then is opened again with `damage` done to its disk. */
async function damaged(
  life: (store: DocumentStore) => Promise<void>,
  damage: (disk: Database) => Promise<void>,
): Promise<{ readonly store: DocumentStore; readonly reopen: () => Promise<DocumentStore> }> {
  const disk = memoryDatabase();
  const options = memoryOptions({ openDatabase: () => disk });
  const before = await opened(options);
  await life(before);
  await before.close();
  await disk.open();
  await damage(disk);
  return { store: await opened(options), reopen: () => opened(options) };
}

/** All that `peer` has goes to `store`, as rung 3 does it. */
async function offer(peer: DocumentStore, store: DocumentStore): Promise<void> {
  const [described] = await store.describe([key]);
  if (described === undefined) throw new Error('not described');
  const { changes } = await peer.difference(described);
  await store.receive(changes, peer.identity.replicaId, { complete: [key] });
}

describe('healing and what can be read', () => {
  /** Edits a to d, of which `peer` has `shared`; that of edit 2 is damaged. */
  async function withoutSecond(shared: number, peer: DocumentStore): Promise<DocumentStore> {
    const { store } = await damaged(
      async (before) => {
        const author = createAuthor(1);
        for (const [at, text] of ['a', 'b', 'c', 'd'].entries()) {
          if (at === shared) await exchange(before, peer, key);
          unwrap(await before.submit(idOf('a'), author.type(text), client));
        }
      },
      (disk) => flip(disk, tailKey(bytes, 2)),
    );
    expect(await textIn(store)).toBe('DOCUMENT_DAMAGED');
    return store;
  }

  it('S90: an edit that builds on one that cannot be read, and that no peer has, outlives the healing', async () => {
    const peer = await opened(memoryOptions());
    const store = await withoutSecond(3, peer);
    await offer(peer, store);
    expect([await textIn(store), store.damaged()]).toEqual(['abcd', []]);
    await exchange(store, peer, key);
    expect(await store.roots()).toEqual(await peer.roots());
    await store.close();
    await peer.close();
  });

  it('S90: while no peer has what it builds on, the document stays damaged; whoever has that mends it', async () => {
    const [behind, ahead] = [await opened(memoryOptions()), await opened(memoryOptions())];
    const store = await withoutSecond(1, behind);
    await exchange(behind, ahead, key);
    const again = createAuthor(1);
    again.type('a');
    unwrap(await ahead.submit(idOf('a'), again.type('b'), client));
    await offer(behind, store);
    await offer(behind, store);
    expect([await textIn(store), store.damaged().length]).toEqual(['DOCUMENT_DAMAGED', 1]);
    await offer(ahead, store);
    expect([await textIn(store), store.damaged()]).toEqual(['abcd', []]);
    for (const each of [store, behind, ahead]) await each.close();
  });

  it('S90: an operator can give it up: what has come and what fits is then the whole', async () => {
    const behind = await opened(memoryOptions());
    const store = await withoutSecond(1, behind);
    unwrap(await behind.submit(idOf('a'), createAuthor(2).type('X'), client));
    await offer(behind, store);
    expect(await textIn(store)).toBe('DOCUMENT_DAMAGED');
    expect(await store.salvage(idOf('a'))).toBe(true);
    expect(await textIn(store)).toMatch(/^(aX|Xa)$/);
    for (const each of [store, behind]) await each.close();
  });

  it('S91: one piece of news does not make a document whole of which not all is known', async () => {
    const { store } = await damaged(
      async (before) => {
        const author = createAuthor(1);
        for (const text of ['a', 'b', 'c']) unwrap(await before.submit(idOf('a'), author.type(text), client));
      },
      (disk) => flip(disk, tailKey(bytes, 1)),
    );
    expect(await textIn(store)).toBe('DOCUMENT_DAMAGED');
    // Mail about what somebody new has typed at a peer; nobody has said that this is all.
    const update = createAuthor(2).type('x');
    await store.receive([{ kind: 'update', id: idOf('a'), life: 1, update }], peerId(1));
    expect([await textIn(store), store.damaged().length]).toEqual(['DOCUMENT_DAMAGED', 1]);
    await store.close();
  });

  it('S91: all that can still be read does not make a document whole that had more', async () => {
    const author = createAuthor(1);
    const updates = ['a', 'b', 'c'].map((text) => author.type(text));
    const { store } = await damaged(
      async (before) => {
        for (const update of updates) unwrap(await before.submit(idOf('a'), update, client));
      },
      (disk) => flip(disk, tailKey(bytes, 3)),
    );
    for (const update of updates) {
      expect(await textIn(store)).toBe('DOCUMENT_DAMAGED');
      await store.receive([{ kind: 'update', id: idOf('a'), life: 1, update }], peerId(1));
    }
    expect([await textIn(store), store.damaged().length]).toEqual(['DOCUMENT_DAMAGED', 1]);
    await store.receive([], peerId(1), { complete: [key] });
    expect([await textIn(store), store.damaged()]).toEqual(['abc', []]);
    await store.close();
  });

  it('S91: where all that it had is known, it is whole as soon as that has come', async () => {
    const author = createAuthor(1);
    const [first, second, third] = ['a', 'b', 'c'].map((text) => author.type(text));
    const updates = [first, second, third].flatMap((update) => update ?? []);
    const { store } = await damaged(
      async (before) => {
        for (const [at, update] of updates.entries()) {
          unwrap(await before.submit(idOf('a'), update, client));
          if (at === 1) expect(await before.compact(idOf('a'))).toBe(true);
        }
      },
      (disk) => flip(disk, snapshotKey(bytes)),
    );
    for (const [at, update] of updates.entries()) {
      expect([at, await textIn(store)]).toEqual([at, 'DOCUMENT_DAMAGED']);
      await store.receive([{ kind: 'update', id: idOf('a'), life: 1, update }], peerId(1));
    }
    expect([await textIn(store), store.damaged()]).toEqual(['abc', []]);
    await store.close();
  });
});

describe('a damaged document without its head', () => {
  /** Of life 2, of which nobody else has heard; `peer` knows how life 1 ended. */
  async function inSecondLife(peer: DocumentStore): Promise<Awaited<ReturnType<typeof damaged>>> {
    return damaged(
      async (before) => {
        unwrap(await before.submit(idOf('a'), createAuthor(1).type('old'), client));
        unwrap(await before.deleteDocument(idOf('a'), 42, peerId(9)));
        await exchange(before, peer, key);
        unwrap(await before.submit(idOf('a'), createAuthor(2).type('new'), client, 2));
      },
      (disk) => flip(disk, headKey(bytes)),
    );
  }

  it('S92: is not ended by the end of a life before the one that its records are of', async () => {
    const peer = await opened(memoryOptions());
    const { store } = await inSecondLife(peer);
    expect(await textIn(store)).toBe('DOCUMENT_DAMAGED');
    expect(await store.lookup(idOf('a'))).toMatchObject({ phase: 'damaged', life: 2 });
    await offer(peer, store);
    expect(await textIn(store)).toBe('DOCUMENT_DAMAGED');
    expect(await store.salvage(idOf('a'))).toBe(true);
    expect([await textIn(store), (await store.lookup(idOf('a'))).life]).toEqual(['new', 2]);
    await exchange(store, peer, key);
    expect(await textIn(peer)).toBe('new');
    expect(await store.roots()).toEqual(await peer.roots());
    for (const each of [store, peer]) await each.close();
  });

  it('S92: is salvaged into that life, which a late end of the one before leaves alone', async () => {
    const peer = await opened(memoryOptions());
    const { store } = await inSecondLife(peer);
    expect(await store.submit(idOf('a'), createAuthor(5).type('x'), client)).toMatchObject({ ok: false });
    expect(await store.salvage(idOf('a'))).toBe(true);
    await offer(peer, store);
    for (let round = 0; round < 2; round++) await exchange(peer, store, key);
    expect([await textIn(store), (await store.lookup(idOf('a'))).life]).toEqual(['new', 2]);
    // Who wrote in the life before is known again with its end.
    const late = await store.submit(idOf('a'), createAuthor(1).type('old'), client);
    expect(late).toMatchObject({ error: { code: 'LIFE_ENDED' } });
    for (const each of [store, peer]) await each.close();
  });

  it.each(['read', 'described', 'scrubbed'])(
    'S92: has its name, so that it can be salvaged, when its damage is noticed because it is %s',
    async (way) => {
      const { store, reopen } = await damaged(
        async (before) => {
          unwrap(await before.submit(idOf('a'), createAuthor(1).type('text'), client));
        },
        (disk) => flip(disk, headKey(bytes)),
      );
      if (way === 'read') expect(await textIn(store)).toBe('DOCUMENT_DAMAGED');
      if (way === 'described') await store.describe([key]);
      await store.idle();
      if (way !== 'read') while (!(await store.scrub(100)).complete);
      expect(store.damaged()).toMatchObject([{ key, id: idOf('a') }]);
      await store.close();
      const again = await reopen();
      expect(await again.identify([key])).toEqual([idOf('a')]);
      expect(await again.salvage(idOf('a'))).toBe(true);
      expect(await textIn(again)).toBe('text');
      await again.close();
    },
  );

  it('S92: of a store that has noted no name for it, can be salvaged by its name', async () => {
    const { store, reopen } = await damaged(
      async (before) => {
        unwrap(await before.submit(idOf('a'), createAuthor(1).type('text'), client));
      },
      (disk) => flip(disk, headKey(bytes)),
    );
    await store.describe([key]);
    expect(store.damaged()).toMatchObject([{ id: undefined }]);
    await store.close();
    const again = await reopen();
    expect(await again.salvage(idOf('a'))).toBe(true);
    expect(await textIn(again)).toBe('text');
    await again.close();
  });
});

describe('a damaged document that is deleted', () => {
  it('S40: leaves its clients known, as far as they can be told, here and where its end comes to', async () => {
    const [one, two] = [createAuthor(1), createAuthor(2)];
    const old = one.type('old ');
    const { store } = await damaged(
      async (before) => {
        unwrap(await before.submit(idOf('a'), old, client));
        unwrap(await before.submit(idOf('a'), two.type('more'), client));
      },
      (disk) => flip(disk, tailKey(bytes, 2)),
    );
    const peer = await opened(memoryOptions());
    expect(await textIn(store)).toBe('DOCUMENT_DAMAGED');
    unwrap(await store.deleteDocument(idOf('a'), 42, peerId(9)));
    await exchange(store, peer, key);
    for (const each of [store, peer]) {
      unwrap(await each.submit(idOf('a'), createAuthor(3).type('new'), client, 2));
      // A client that was offline comes with what it has.
      const late = await each.submit(idOf('a'), old, client);
      expect(late).toMatchObject({ error: { code: 'LIFE_ENDED' } });
      expect(await textIn(each)).toBe('new');
      await each.close();
    }
  });
});
