import { documentKey } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import {
  documentKeyBytes,
  feedKey,
  indexNodeKey,
  indexRootKey,
  nameKey,
  outboxKey,
  tailKey,
} from './keys.ts';
import { createAuthor } from './testing/author.ts';
import { idOf, local, memoryDatabase, memoryOptions, opened } from './testing/stores.ts';

const notUtf8 = Uint8Array.of(0xff, 0xfe);

/** What a bit flipped in a table file may make of a key. */
const damaged: readonly (readonly [string, Uint8Array])[] = [
  ['a name that is not UTF-8', Uint8Array.of(...nameKey('default', ''), ...notUtf8)],
  ['a collection that is not UTF-8', Uint8Array.of(nameKey('', '')[0] ?? 0, 2, ...notUtf8, 97)],
  ['a collection longer than its key', Uint8Array.of(nameKey('', '')[0] ?? 0, 200, 97)],
  ['an index node of such a collection', Uint8Array.of(indexNodeKey('', '')[0] ?? 0, 200, 97)],
  ['a name of no collection', Uint8Array.of(nameKey('', '')[0] ?? 0, 0, 97)],
  ['an index node of no collection', Uint8Array.of(indexNodeKey('', '')[0] ?? 0, 0, 97)],
  ['an index root of no collection', Uint8Array.of(indexRootKey('')[0] ?? 0)],
  ['an index root that is not UTF-8', Uint8Array.of(indexRootKey('')[0] ?? 0, ...notUtf8)],
  ['a feed entry beyond all counting', Uint8Array.of(feedKey(1)[0] ?? 0, ...new Uint8Array(8).fill(0xff))],
  ['a short feed entry', feedKey(1).slice(0, 8)],
  ['an outbox beyond all counting', Uint8Array.of(outboxKey(1, 1)[0] ?? 0, ...new Uint8Array(12).fill(0xff))],
  ['a short outbox record', outboxKey(1, 1).slice(0, 11)],
];

describe('damaged keys', () => {
  it('S60: a name that cannot be read makes nobody throw: its document is neither there nor absent until it can', async () => {
    const database = memoryDatabase();
    let isBad = false;
    const failing = new Proxy(database, {
      get(target, property) {
        const member: unknown = Reflect.get(target, property, target);
        if (typeof member !== 'function') return member;
        if (property !== 'get' || !isBad) return member.bind(target);
        return async () => {
          throw Object.assign(new Error('Input/output error'), { code: 'LEVEL_IO_ERROR' });
        };
      },
    });
    const store = await opened(memoryOptions({ openDatabase: () => failing }));
    isBad = true;
    expect(await store.read(idOf('a'))).toMatchObject({ ok: false, error: { code: 'DOCUMENT_DAMAGED' } });
    isBad = false;
    while (!(await store.scrub(100)).complete);
    expect(store.damaged()).toEqual([]);
    expect((await store.submit(idOf('a'), createAuthor(1).type('one'), local)).ok).toBe(true);
    await store.close();
  });

  it('S60: records under the key of a document that nobody knows of are none: those of the real one are missed', async () => {
    const database = memoryDatabase();
    const options = memoryOptions({ openDatabase: () => database });
    const store = await opened(options);
    await store.submit(idOf('a'), createAuthor(1).type('one'), local);
    await store.submit(idOf('b'), createAuthor(2).type('two'), local);
    await store.close();
    await database.open();
    const keyBytes = documentKeyBytes(documentKey(idOf('a')));
    const key = tailKey(keyBytes, 1);
    const flipped = key.slice();
    flipped[5] = (flipped[5] ?? 0) ^ 16;
    await database.batch([
      { type: 'put', key: flipped, value: (await database.get(key)) ?? new Uint8Array() },
      { type: 'del', key },
    ]);
    await database.close();
    const again = await opened(options);
    while (!(await again.scrub(100)).complete);
    expect(again.damaged().map(({ id }) => id?.name)).toEqual(['a']);
    expect(again.status().counters.recordsDamaged).toBe(1);
    await again.close();
  });

  it.each(damaged)('S60: %s is passed over: the store opens, lists, writes and closes', async (_, key) => {
    const database = memoryDatabase();
    const options = memoryOptions({ openDatabase: () => database });
    const store = await opened(options);
    await store.submit(idOf('a'), createAuthor(1).type('one'), local);
    await store.close();
    await database.open();
    await database.put(key, Uint8Array.of(1, 2, 3));
    await database.close();
    const again = await opened(options);
    expect(await again.collections()).toEqual(['default']);
    expect((await again.list('default', '', 10)).map(({ name }) => name)).toEqual(['a']);
    expect((await again.submit(idOf('b'), createAuthor(2).type('two'), local)).ok).toBe(true);
    await again.idle();
    expect((await again.list('default', '', 10)).map(({ name }) => name)).toEqual(['a', 'b']);
    await again.close();
  });
});
