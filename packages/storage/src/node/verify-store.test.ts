import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { documentKey } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../contract/fixture.ts';
import { documentKeyBytes, headKey, indexRootKey, nameKey, outboxFrom } from '../keys.ts';
import { createAuthor } from '../testing/author.ts';
import { databaseFiles, nodeOptions, openedNode, withDirectory } from '../testing/directories.ts';
import { idOf, local } from '../testing/stores.ts';
import { classicDatabase, type NodeStoreOptions, openNodeStore } from './open-node-store.ts';
import { replaceStore, setAsideStore } from './set-aside.ts';
import { openStoreView } from './store-view.ts';
import { verifyStore } from './verify-store.ts';

/** A closed store of thirty documents, most of them in a table. */
async function filled(directory: string): Promise<NodeStoreOptions> {
  const options = nodeOptions(directory);
  const store = await openedNode(options);
  for (let at = 0; at < 30; at++) {
    unwrap(await store.submit(idOf(`doc-${at}`), createAuthor(at + 1).type('text'), local));
    if (at === 20) await store.erase();
  }
  await store.roots();
  await store.close();
  return options;
}

/** Every file with its contents, as one text. */
async function contentsOf(directory: string): Promise<string> {
  const names = await readdir(directory, { recursive: true });
  const lines: string[] = [];
  for (const name of names.sort()) {
    const path = join(directory, name);
    if ((await stat(path)).isDirectory()) lines.push(name);
    else
      lines.push(
        `${name} ${createHash('sha256')
          .update(await readFile(path))
          .digest('hex')}`,
      );
  }
  return lines.join('\n');
}

type Harm = (options: NodeStoreOptions) => Promise<void>;

/** Changes records behind the store's back. */
function records(change: (database: ReturnType<ReturnType<typeof classicDatabase>>) => Promise<void>): Harm {
  return async ({ directory }) => {
    const database = classicDatabase(join(directory, 'db'))({ create: false });
    await database.open();
    await change(database);
    await database.close();
  };
}

const head = headKey(documentKeyBytes(documentKey(idOf('doc-3'))));
const sound = { damaged: [], derived: { wrong: 0, holes: 0, unreadable: 0 } };

const harms: Readonly<Record<string, readonly [Harm, object]>> = {
  nothing: [async () => {}, sound],
  'a document that cannot be read': [
    records(async (database) => {
      const value = (await database.get(head))?.slice() ?? new Uint8Array(1);
      value[3] = (value[3] ?? 0) ^ 1;
      await database.put(head, value);
    }),
    { damaged: [{ key: documentKey(idOf('doc-3')), reason: 'CHECKSUM' }] },
  ],
  'a lost document': [
    records((database) => database.clear({ gte: head, lt: Uint8Array.of(...head.subarray(0, 17), 0xff) })),
    { damaged: [{ key: documentKey(idOf('doc-3')), reason: 'LOST' }] },
  ],
  'a lost name': [
    records((database) => database.del(nameKey('default', 'doc-3'))),
    { damaged: [], derived: { wrong: 1, holes: 0, unreadable: 0 } },
  ],
  'a gap in the log of batches': [
    records(async (database) => {
      const [, key] = await database.keys(outboxFrom(0)).all();
      if (key !== undefined) await database.del(key);
    }),
    { damaged: [], derived: { wrong: 0, holes: 1, unreadable: 0 } },
  ],
  'a root that cannot be read': [
    records((database) => database.put(indexRootKey('default'), Uint8Array.of(1, 2, 3, 4, 5, 6))),
    { damaged: [], derived: { unreadable: 1 } },
  ],
  'a lost sentinel': [
    ({ directory }) => rm(join(directory, 'store.json')),
    { ...sound, sentinel: undefined },
  ],
};

const refusals: Readonly<Record<string, readonly [Harm, string]>> = {
  'a lost manifest': [({ directory }) => rm(join(directory, 'db', 'CURRENT')), 'STORE_MISSING'],
  'a lost manifest and sentinel': [
    async ({ directory }) => {
      await rm(join(directory, 'db', 'CURRENT'));
      await rm(join(directory, 'store.json'));
    },
    'STORE_MISSING',
  ],
  'a lost database': [({ directory }) => rm(join(directory, 'db'), { recursive: true }), 'STORE_MISSING'],
  'a lost table': [
    async (options) => {
      for (const path of await databaseFiles(options, '.ldb')) await rm(path);
    },
    'STORE_CORRUPT',
  ],
  'a cut sentinel': [({ directory }) => truncate(join(directory, 'store.json'), 9), 'SENTINEL_DAMAGED'],
};

describe('verify', () => {
  for (const [name, [harm, found]] of Object.entries(harms)) {
    it(`S54: finds ${name}, and leaves every byte as it was`, async () => {
      await withDirectory(async (directory) => {
        const options = await filled(directory);
        await harm(options);
        const before = await contentsOf(directory);
        const progress: number[] = [];
        const onProgress = (done: number): void => void progress.push(done);
        for (let attempt = 0; attempt < 2; attempt++) {
          expect(unwrap(await verifyStore({ ...options, onProgress }))).toMatchObject(found);
        }
        expect(progress.at(-1)).toBeGreaterThanOrEqual(29);
        expect(await contentsOf(directory)).toBe(before);
      });
    });
  }

  for (const [name, [harm, code]] of Object.entries(refusals)) {
    it(`S54: says that ${name} keeps it from being opened, and leaves every byte as it was`, async () => {
      await withDirectory(async (directory) => {
        const options = await filled(directory);
        await harm(options);
        const before = await contentsOf(directory);
        expect(await verifyStore(options)).toMatchObject({ ok: false, error: { code } });
        expect(await contentsOf(directory)).toBe(before);
      });
    });
  }

  it('S54: a store in use is not touched; a view of it that was killed is cleared away', async () => {
    await withDirectory(async (directory) => {
      const options = await filled(directory);
      const store = await openedNode(options);
      expect(await verifyStore(options)).toMatchObject({ error: { code: 'STORE_LOCKED' } });
      await store.close();
      await mkdir(join(options.directory, 'view-killed', 'db'), { recursive: true });
      const view = unwrap(await openStoreView(options));
      expect(await openNodeStore(options)).toMatchObject({ error: { code: 'STORE_LOCKED' } });
      unwrap(await view.store.submit(idOf('thrown away'), createAuthor(99).type('x'), local));
      await view.close();
      expect(await readdir(options.directory)).toEqual(['db', 'store.json']);
      expect(unwrap(await verifyStore(options)).documents).toBe(30);
    });
  });
});

describe('setting aside', () => {
  it('S55: a store is moved as it is, and a new replica takes its place', async () => {
    await withDirectory(async (directory) => {
      const options = await filled(directory);
      const { replicaId } = JSON.parse(await readFile(join(options.directory, 'store.json'), 'utf8'));
      const now = new Date('2030-01-02T03:04:05.678Z');
      const aside = unwrap(await setAsideStore(options.directory, now));
      expect(aside).toBe(join(options.directory, 'aside-2030-01-02T03-04-05-678Z'));
      const fresh = await openedNode(options);
      expect(fresh.identity.replicaId).not.toBe(replicaId);
      expect(await fresh.list('default', '', 100)).toEqual([]);
      expect(await setAsideStore(options.directory, now)).toMatchObject({ error: { code: 'STORE_LOCKED' } });
      await fresh.close();
      expect(unwrap(await setAsideStore(options.directory, now))).toBe(`${aside}-1`);
      expect(unwrap(await setAsideStore(options.directory, now))).toBe(null);
      expect(unwrap(await verifyStore({ ...options, directory: aside ?? '' })).documents).toBe(30);
    });
  });

  it('S55: a store that was made elsewhere takes the place of the old one', async () => {
    await withDirectory(async (directory) => {
      const options = await filled(directory);
      const elsewhere = { ...options, directory: join(options.directory, 'rebuilding') };
      const fresh = await openedNode(elsewhere);
      unwrap(await fresh.submit(idOf('fresh'), createAuthor(1).type('x'), local));
      const { replicaId } = fresh.identity;
      await fresh.close();
      const aside = await replaceStore(options.directory, elsewhere.directory, new Date(0));
      const store = await openedNode(options);
      expect(store.identity.replicaId).toBe(replicaId);
      expect((await store.list('default', '', 100)).map(({ name }) => name)).toEqual(['fresh']);
      await store.close();
      expect(unwrap(await verifyStore({ ...options, directory: aside ?? '' })).documents).toBe(30);
    });
  });

  it('S55: what is in the way is said', async () => {
    await withDirectory(async (directory) => {
      await writeFile(join(directory, 'file'), '');
      expect(await setAsideStore(join(directory, 'file', 'x'), new Date())).toMatchObject({
        error: { code: 'DIRECTORY_UNWRITABLE' },
      });
    });
  });
});
