import { documentJson } from '@hearsay/document';
import { expect, test } from 'vitest';
import { unwrap } from './contract/fixture.ts';
import type { DocumentStore } from './store-types.ts';
import { createAuthor } from './testing/author.ts';
import { faultyDatabase } from './testing/faulty-database.ts';
import { idOf, local, memoryDatabase, memoryOptions, opened, peerId } from './testing/stores.ts';

const client = { kind: 'client', session: 's' } as const;

async function textIn(store: DocumentStore): Promise<unknown> {
  const read = await store.read(idOf('a'));
  return read.ok ? documentJson(read.value?.updates ?? [])['text'] : read.error.code;
}

test('S41: contents of an older life are not brought back for those of a later one', async () => {
  const store = await opened(memoryOptions({ keepsDeleted: true }));
  unwrap(await store.submit(idOf('a'), createAuthor(1).type('of life 1, deleted on purpose'), local));
  unwrap(await store.deleteDocument(idOf('a'), 42, peerId(9)));
  // Life 2 was written to and ended elsewhere while this node was away: only its end comes here.
  const certificate = { life: 2, deletedAt: 50, activatedAt: 50, by: peerId(1), clients: [2] };
  const [received] = await store.receive([{ kind: 'certificate', id: idOf('a'), certificate }], peerId(1));
  expect(received?.ok).toBe(true);
  const back = await store.undelete(idOf('a'));
  expect(back).toMatchObject({ ok: false, error: { code: 'NOT_KEPT' } });
  expect(await textIn(store)).toBeUndefined();
  await store.close();
});

test('S41: what is acknowledged before a deletion is kept with the rest, what comes after it is refused', async () => {
  const store = await opened(memoryOptions({ keepsDeleted: true }));
  const author = createAuthor(1);
  unwrap(await store.submit(idOf('a'), author.type('one'), client));
  const before = store.submit(idOf('a'), author.type(' two'), client);
  const deletion = store.deleteDocument(idOf('a'), 42, peerId(9));
  const after = store.submit(idOf('a'), author.type(' three'), client);
  unwrap(await before);
  unwrap(await deletion);
  expect(await after).toMatchObject({ ok: false, error: { code: 'LIFE_ENDED' } });
  unwrap(await store.undelete(idOf('a')));
  expect(await textIn(store)).toBe('one two');
  await store.close();
});

test('S41: so is a document that is just being created', async () => {
  const store = await opened(memoryOptions({ keepsDeleted: true }));
  const edit = store.submit(idOf('a'), createAuthor(1).type('one'), client);
  unwrap(await store.deleteDocument(idOf('a'), 42, peerId(9)));
  unwrap(await edit);
  unwrap(await store.undelete(idOf('a')));
  expect(await textIn(store)).toBe('one');
  await store.close();
});

test('S41: no edit comes in between what is set aside and the end, at any operation of the disk', async () => {
  for (let at = 1; ; at++) {
    let left = Number.POSITIVE_INFINITY;
    let act = (): void => {};
    const database = faultyDatabase(memoryDatabase(), {
      before() {
        if (--left === 0) act();
      },
    });
    const store = await opened(memoryOptions({ openDatabase: () => database, keepsDeleted: true }));
    const author = createAuthor(1);
    unwrap(await store.submit(idOf('a'), author.type('one'), client));
    let edit: ReturnType<DocumentStore['submit']> | undefined;
    left = at;
    act = () => {
      edit = store.submit(idOf('a'), author.type(' two'), client);
    };
    unwrap(await store.deleteDocument(idOf('a'), 42, peerId(9)));
    left = Number.POSITIVE_INFINITY;
    const isAcknowledged = (await edit)?.ok === true;
    unwrap(await store.undelete(idOf('a')));
    expect([at, await textIn(store)]).toEqual([at, isAcknowledged ? 'one two' : 'one']);
    await store.close();
    if (edit === undefined) {
      // It took that few.
      expect(at).toBeGreaterThan(2);
      return;
    }
  }
});

test('S41: what is brought back is not mixed with what is being created anew', async () => {
  const store = await opened(memoryOptions({ keepsDeleted: true }));
  unwrap(await store.submit(idOf('a'), createAuthor(1).type('old'), local));
  unwrap(await store.deleteDocument(idOf('a'), 42, peerId(9)));
  const fresh = store.submit(idOf('a'), createAuthor(2).type('new'), client, 2);
  const back = store.undelete(idOf('a'));
  unwrap(await fresh);
  expect(await back).toMatchObject({ ok: false, error: { code: 'NOT_KEPT' } });
  expect(await textIn(store)).toBe('new');
  await store.close();
});

test('S41: edits by peers wait as well while contents are set aside, and are refused then', async () => {
  const store = await opened(memoryOptions({ keepsDeleted: true }));
  const author = createAuthor(1);
  unwrap(await store.submit(idOf('a'), author.type('one'), local));
  const deletion = store.deleteDocument(idOf('a'), 42, peerId(9));
  const late = { kind: 'update', id: idOf('a'), life: 1, update: author.type(' two') } as const;
  const [received] = await store.receive([late], peerId(1));
  unwrap(await deletion);
  expect(received).toMatchObject({ ok: false, error: { code: 'LIFE_ENDED' } });
  unwrap(await store.undelete(idOf('a')));
  expect(await textIn(store)).toBe('one');
  await store.close();
});
