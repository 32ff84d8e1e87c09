import { documentKey, emptyDigest } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import { unwrap } from './contract/fixture.ts';
import { exchange } from './contract/replication.ts';
import { type Database, put } from './database.ts';
import { openRecord, sealRecord } from './envelope.ts';
import { encodeIndexRoot } from './index-records.ts';
import {
  documentKeyBytes,
  documentRange,
  feedAfter,
  indexNodeRange,
  indexRootKey,
  metaKey,
  nameKey,
  snapshotKey,
} from './keys.ts';
import type { Sentinel } from './sentinel.ts';
import type { DocumentStore, ScrubReport } from './store-types.ts';
import { createAuthor } from './testing/author.ts';
import { idOf, local, memoryDatabase, memoryOptions, opened } from './testing/stores.ts';

const names = Array.from({ length: 40 }, (_, at) => `doc-${at}`);

interface Setting {
  readonly disk: Database;
  readonly store: DocumentStore;
  readonly copy: DocumentStore;
  readonly sentinel: Sentinel;
}

/** Two equal stores of 40 documents, one of them opened anew after `harm` was done to its disk. */
async function harmed(harm: (disk: Database) => Promise<void>): Promise<Setting> {
  const disk = memoryDatabase();
  const options = memoryOptions({ openDatabase: () => disk });
  const first = await opened(options);
  const copy = await opened(memoryOptions());
  for (const [at, name] of names.entries()) {
    unwrap(await first.submit(idOf(name), createAuthor(at + 1).type(name), local));
    await exchange(first, copy, documentKey(idOf(name)));
  }
  expect(await first.compact(idOf('doc-7'))).toBe(true);
  expect(await first.roots()).toEqual(await copy.roots());
  await first.close();
  await disk.open();
  await harm(disk);
  return { disk, store: await opened(options), copy, sentinel: options.sentinel };
}

async function round(store: DocumentStore, pace: number): Promise<ScrubReport> {
  const sum = { documents: 0, damaged: 0, repaired: 0, complete: false };
  for (let steps = 0; !sum.complete; steps++) {
    if (steps > 1000) throw new Error('the round does not end');
    const report = await store.scrub(pace);
    sum.documents += report.documents;
    sum.damaged += report.damaged;
    sum.repaired += report.repaired;
    sum.complete = report.complete;
  }
  return sum;
}

async function clearRange(disk: Database, key: string): Promise<void> {
  await disk.clear(documentRange(documentKeyBytes(documentKey(idOf(key)))));
}

describe('scrub', () => {
  it('S20: a damaged document whose entry in the feed is lost too is forgotten by the index, so that a peer mends it', async () => {
    const key = documentKey(idOf('doc-3'));
    const { disk, store, copy } = await harmed(async (database) => {
      const [tail] = await database
        .keys({ ...documentRange(documentKeyBytes(key)), reverse: true, limit: 1 })
        .all();
      if (tail !== undefined) await database.del(tail);
    });
    const before = store.status().feedHead;
    expect(await store.read(idOf('doc-3'))).toMatchObject({ error: { code: 'DOCUMENT_DAMAGED' } });
    while (store.status().feedHead === before) await Promise.resolve();
    await disk.clear(feedAfter(before));
    expect((await store.digests([key]))[0]).not.toBe(null);
    await round(store, 100);
    expect(await store.digests([key])).toEqual([null]);
    await exchange(copy, store, key);
    expect(await store.roots()).toEqual(await copy.roots());
    expect(await round(store, 100)).toMatchObject({ damaged: 0, repaired: 0 });
  });

  it('S20: a sound store is left as it is, also where its index is several levels deep', async () => {
    const store = await opened(memoryOptions());
    const update = createAuthor(1).type('x');
    // Two levels of inner nodes above most leaves.
    for (let at = 0; at < 3000; at += 500) {
      const writes = Array.from({ length: 500 }, (_, index) =>
        store.submit(idOf(`doc-${at + index}`), update, local),
      );
      for (const receipt of await Promise.all(writes)) unwrap(receipt);
    }
    const roots = await store.roots();
    expect(await round(store, 1000)).toEqual({ documents: 3000, damaged: 0, repaired: 0, complete: true });
    expect(store.status().counters).toMatchObject({ indexRebuilds: 0, scrubRepairs: 0 });
    expect(await store.roots()).toEqual(roots);
    await store.close();
  });

  it('S20: a sound store is read whole in every round, whatever the pace, and left as it is', async () => {
    const { store, copy } = await harmed(async () => {});
    for (const pace of [1, 7, 1000, 1000]) {
      expect(await round(store, pace)).toEqual({ documents: 40, damaged: 0, repaired: 0, complete: true });
    }
    expect(await store.roots()).toEqual(await copy.roots());
    expect(await store.feedHead()).toBe(40);
    await store.close();
  });

  it('S20: damage that nobody has read yet is found, and healed from a peer', async () => {
    const record = snapshotKey(documentKeyBytes(documentKey(idOf('doc-7'))));
    const { store, copy } = await harmed(async (disk) => {
      const value = (await disk.get(record))?.slice() ?? new Uint8Array(0);
      value[9] = (value[9] ?? 0) ^ 1;
      await disk.put(record, value);
    });
    expect(await round(store, 10)).toMatchObject({ documents: 40, damaged: 1 });
    expect(store.damaged()).toMatchObject([{ reason: 'CHECKSUM', id: idOf('doc-7') }]);
    await exchange(copy, store, documentKey(idOf('doc-7')));
    expect(store.damaged()).toEqual([]);
    expect(await store.roots()).toEqual(await copy.roots());
    await store.close();
  });

  it.each([
    ['records', false],
    ['records, and name,', true],
  ])(
    'S20: a document whose %s are all gone is missed by the index, and comes back from a peer',
    async (_, isNameless) => {
      const { store, copy } = await harmed(async (disk) => {
        await clearRange(disk, 'doc-3');
        if (isNameless) await disk.del(nameKey('default', 'doc-3'));
      });
      expect(await store.roots()).toEqual(await copy.roots());
      expect(await round(store, 10)).toMatchObject({ documents: 39, damaged: 1 });
      expect(store.damaged()).toMatchObject([{ reason: 'LOST' }]);
      expect(await store.roots()).not.toEqual(await copy.roots());
      expect(await round(store, 10)).toMatchObject({ damaged: 0 });
      expect(store.damaged().length).toBe(1);
      await exchange(copy, store, documentKey(idOf('doc-3')));
      expect(store.status().documents).toBe(40);
      expect(store.damaged()).toEqual([]);
      expect(await store.roots()).toEqual(await copy.roots());
      await store.close();
    },
  );

  it('S20: a document of which nothing but its name is left, and that the index has forgotten, comes back from a peer', async () => {
    const { store, copy } = await harmed(async (disk) => {
      await clearRange(disk, 'doc-3');
      await disk.clear(indexNodeRange('default'));
    });
    expect(await store.list('default', 'doc-2', 100)).toContainEqual({
      name: 'doc-3',
      key: documentKey(idOf('doc-3')),
    });
    expect(await round(store, 10)).toMatchObject({ documents: 39, damaged: 1 });
    expect(store.damaged()).toMatchObject([{ reason: 'LOST', id: idOf('doc-3') }]);
    await exchange(copy, store, documentKey(idOf('doc-3')));
    expect(store.damaged()).toEqual([]);
    expect(await round(store, 10)).toMatchObject({ documents: 40, damaged: 0 });
    expect(await store.roots()).toEqual(await copy.roots());
    await store.close();
  });

  it('S19: a document of which nothing but its name is left is damaged to who opens it, not empty', async () => {
    const { store, copy } = await harmed((disk) => clearRange(disk, 'doc-3'));
    const refused = { ok: false, error: { code: 'DOCUMENT_DAMAGED' } };
    expect(await store.read(idOf('doc-3'))).toMatchObject(refused);
    expect(await store.submit(idOf('doc-3'), createAuthor(99).type('new'), local)).toMatchObject(refused);
    expect(store.damaged()).toMatchObject([{ reason: 'LOST', id: idOf('doc-3') }]);
    await exchange(copy, store, documentKey(idOf('doc-3')));
    expect(await store.read(idOf('doc-3'))).toMatchObject({ ok: true });
    expect(await store.roots()).toEqual(await copy.roots());
    await store.close();
  });

  it('S20: names and feed entries that are gone are written anew', async () => {
    const { store } = await harmed(async (disk) => {
      await disk.del(nameKey('default', 'doc-5'));
      const [feed] = await disk.keys(feedAfter(10)).all();
      if (feed !== undefined) await disk.del(feed);
    });
    expect((await store.list('default', '', 100)).length).toBe(39);
    expect(await round(store, 10)).toMatchObject({ damaged: 0, repaired: 2 });
    expect((await store.list('default', '', 100)).length).toBe(40);
    expect((await store.recent(0, 100)).entries.length).toBe(40);
    expect(await round(store, 10)).toMatchObject({ repaired: 0 });
    await store.close();
  });

  it.each(['a node is gone', 'a node is of another moment'])(
    'S20: an index of which %s is put right',
    async (harm) => {
      const { store, copy } = await harmed(async (disk) => {
        const [entry] = await disk.iterator({ ...indexNodeRange('default'), reverse: true, limit: 1 }).all();
        if (entry === undefined) throw new Error('no index');
        const [record, value] = entry;
        const node = openRecord(record, value)?.slice() ?? new Uint8Array(0);
        // The last byte of a leaf is that of a digest: all decodes, all checksums fit, only the hash above does not.
        node[node.byteLength - 1] = (node[node.byteLength - 1] ?? 0) ^ 1;
        if (harm === 'a node is gone') await disk.del(record);
        else await disk.put(record, sealRecord(record, node));
      });
      const { repaired } = await round(store, 10);
      expect(repaired + store.status().counters.indexRebuilds).toBe(1);
      expect(await store.roots()).toEqual(await copy.roots());
      expect(await round(store, 10)).toMatchObject({ damaged: 0, repaired: 0 });
      await store.close();
    },
  );

  it('S20: a root that says what its tree does not is found', async () => {
    const { store, copy } = await harmed(async (disk) => {
      const record = indexRootKey('default');
      await disk.batch([
        put(record, sealRecord(record, encodeIndexRoot({ count: 40, digest: emptyDigest }))),
      ]);
    });
    expect(await store.roots()).not.toEqual(await copy.roots());
    expect((await round(store, 10)).repaired).toBe(1);
    expect(await store.roots()).toEqual(await copy.roots());
    await store.close();
  });

  it('S10: a damaged node is noticed by whoever reads it, and the index built anew', async () => {
    const { store, copy } = await harmed(async (disk) => {
      for await (const [key, value] of disk.iterator(indexNodeRange('default'))) {
        const flipped = value.slice();
        flipped[3] = (flipped[3] ?? 0) ^ 8;
        await disk.put(key, flipped);
      }
    });
    unwrap(await store.submit(idOf('doc-1'), createAuthor(99).type('more'), local));
    await exchange(store, copy, documentKey(idOf('doc-1')));
    expect(await store.roots()).toEqual(await copy.roots());
    expect(store.status().counters).toMatchObject({ indexRebuilds: 1 });
    await store.close();
  });

  it.each(['turned', 'lost'])(
    'S10: a root that is %s is noticed at the start, and the index built anew',
    async (harm) => {
      const { store, copy } = await harmed(async (disk) => {
        const record = indexRootKey('default');
        const value = (await disk.get(record))?.slice() ?? new Uint8Array(0);
        value[9] = (value[9] ?? 0) ^ 1;
        await (harm === 'lost' ? disk.del(record) : disk.put(record, value));
      });
      expect(await store.roots()).toEqual(await copy.roots());
      expect(store.status().counters).toMatchObject({ indexRebuilds: 1 });
      await store.close();
    },
  );

  it('S10: a batch that is missing from the log makes the index be built anew', async () => {
    const { store, copy, disk, sentinel } = await harmed(async (database) => {
      // As if the last batch but one had never been: its outbox record is gone, the counters of the last are there.
      const outbox = (await database.keys({ gte: Uint8Array.of(0x21), lt: Uint8Array.of(0x22) }).all()).at(
        -2,
      );
      if (outbox !== undefined) await database.del(outbox);
    });
    expect(store.status().counters.logHoles).toBe(1);
    await store.idle();
    expect(store.status().counters.indexRebuilds).toBe(1);
    expect(await store.roots()).toEqual(await copy.roots());
    expect(store.status().counters.indexedDocuments).toBe(40);
    const { entries, dropped, cursor } = await store.outbox(0, 1_000_000);
    expect([entries.length, dropped, cursor]).toEqual([1, 39, 40]);
    await store.close();
    await disk.open();
    const again = await opened(memoryOptions({ openDatabase: () => disk, sentinel }));
    expect(again.status().counters.logHoles).toBe(0);
    expect(await again.roots()).toEqual(await copy.roots());
    await again.close();
  });

  it('S10: counters that cannot be read are worked out from the logs', async () => {
    const { store, copy, disk } = await harmed(async (disk) => {
      const record = metaKey('counters');
      const value = (await disk.get(record))?.slice() ?? new Uint8Array(0);
      expect(openRecord(record, value)).toBeDefined();
      value[1] = (value[1] ?? 0) ^ 1;
      await disk.put(record, value);
    });
    expect(disk.status).toBe('open');
    const feedHead = await store.feedHead();
    unwrap(await store.submit(idOf('doc-1'), createAuthor(99).type('more'), local));
    expect(await store.feedHead()).toBe(feedHead + 1);
    expect((await store.recent(0, 100)).entries.length).toBe(40);
    await exchange(store, copy, documentKey(idOf('doc-1')));
    expect(await store.roots()).toEqual(await copy.roots());
    await store.close();
  });
});
