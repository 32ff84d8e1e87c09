import { documentKey, equalBytes } from '@hearsay/core';
import { documentJson } from '@hearsay/document';
import { describe, expect, it } from 'vitest';
import { unwrap } from './contract/fixture.ts';
import type { Database } from './database.ts';
import { documentKeyBytes, headKey, tailKey, versionKey } from './keys.ts';
import type { DocumentStore } from './store-types.ts';
import { createAuthor } from './testing/author.ts';
import { idOf, local, memoryDatabase, memoryOptions, opened } from './testing/stores.ts';

const bytes = documentKeyBytes(documentKey(idOf('a')));

/** A database that gives an old value, or none, for one key, so many times. */
function staleDatabase(disk: Database) {
  const stale = { key: new Uint8Array(0), value: undefined as Uint8Array | undefined, times: 0 };
  const database = new Proxy(disk, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target);
      if (typeof member !== 'function') return member;
      if (property !== 'getMany') return member.bind(target);
      return async (keys: Uint8Array[], options: object) => {
        const values: (Uint8Array | undefined)[] = await Reflect.apply(member, target, [keys, options]);
        const at = keys.findIndex((key) => equalBytes(key, stale.key));
        if (at < 0 || stale.times === 0) return values;
        stale.times--;
        return values.with(at, stale.value);
      };
    },
  });
  return { stale, database };
}

/** A document with a snapshot of two edits and a tail of two more, and what its head and version were before. */
async function edited() {
  const disk = memoryDatabase();
  const { stale, database } = staleDatabase(disk);
  const options = memoryOptions({ openDatabase: () => database });
  const store = await opened(options);
  const author = createAuthor(1);
  const type = async (text: string): Promise<unknown> =>
    unwrap(await store.submit(idOf('a'), author.type(text), local));
  await type('a');
  await store.compact(idOf('a'));
  const version = await disk.get(versionKey(bytes));
  await type('b');
  await store.compact(idOf('a'));
  await type('c');
  const head = await disk.get(headKey(bytes));
  await type('d');
  return { options, store, stale, old: { head, version } };
}

async function textIn(store: DocumentStore): Promise<unknown> {
  const read = await store.read(idOf('a'));
  return read.ok ? documentJson(read.value?.updates ?? [])['text'] : read.error.code;
}

async function round(store: DocumentStore): Promise<void> {
  await store.idle();
  while (!(await store.scrub(100)).complete);
}

describe('an old value', () => {
  it('S32: of a head, given back once, is read again; given back always, it makes the document damaged', async () => {
    const { store, stale, old } = await edited();
    expect(await textIn(store)).toBe('abcd');
    Object.assign(stale, { key: headKey(bytes), value: old.head, times: 1 });
    expect(await textIn(store)).toBe('abcd');
    expect(store.status().counters).toMatchObject({ staleReads: 1, documentsDamaged: 0 });
    stale.times = 2;
    expect(await textIn(store)).toBe('DOCUMENT_DAMAGED');
    expect(store.status().counters).toMatchObject({ staleReads: 2, documentsDamaged: 1 });
    await store.close();
  });

  it('S32: of a version or a tail makes the document damaged', async () => {
    const first = await edited();
    Object.assign(first.stale, { key: versionKey(bytes), value: first.old.version, times: 1 });
    expect(await textIn(first.store)).toBe('DOCUMENT_DAMAGED');
    expect(first.store.damaged()).toMatchObject([{ reason: 'INCONSISTENT' }]);
    await first.store.close();
    const second = await edited();
    Object.assign(second.stale, { key: tailKey(bytes, 4), value: undefined, times: 1 });
    expect(await textIn(second.store)).toBe('DOCUMENT_DAMAGED');
    expect(second.store.damaged()).toMatchObject([{ reason: 'HOLE' }]);
    await second.store.close();
  });

  it('S32: that makes a document damaged is not let out as whole, not after a restart either; what is there is', async () => {
    const { options, store, stale, old } = await edited();
    Object.assign(stale, { key: headKey(bytes), value: old.head, times: Number.POSITIVE_INFINITY });
    expect(await textIn(store)).toBe('DOCUMENT_DAMAGED');
    await round(store);
    expect(await textIn(store)).toBe('DOCUMENT_DAMAGED');
    await store.close();
    const again = await opened(options);
    await round(again);
    expect(await textIn(again)).toBe('DOCUMENT_DAMAGED');
    expect(again.status().counters.documentsHealed).toBe(0);
    stale.times = 0;
    await round(again);
    expect([await textIn(again), again.damaged()]).toEqual(['abcd', []]);
    await again.close();
  });
});
