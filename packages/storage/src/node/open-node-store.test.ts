import { cp, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../contract/fixture.ts';
import { createAuthor } from '../testing/author.ts';
import { databaseFiles, isOnDisk, nodeOptions, openedNode, withDirectory } from '../testing/directories.ts';
import { idOf, local } from '../testing/stores.ts';
import { type NodeStoreOptions, openNodeStore } from './open-node-store.ts';
import { verifyStore } from './verify-store.ts';

/** A closed store of two documents. */
async function filled(directory: string): Promise<NodeStoreOptions> {
  const options = nodeOptions(directory);
  const store = await openedNode(options);
  for (const [at, name] of ['a', 'b'].entries()) {
    unwrap(await store.submit(idOf(name), createAuthor(at + 1).type('text'), local));
  }
  await store.close();
  return options;
}

/** Has LevelDB make a table of its log. */
async function asTable(options: NodeStoreOptions): Promise<void> {
  const store = await openedNode(options);
  await store.erase();
  await store.close();
}

async function refusalOf(options: NodeStoreOptions): Promise<string> {
  const store = await openNodeStore(options);
  if (!store.ok) return store.error.code;
  await store.value.close();
  return 'opened';
}

describe('deleted contents', () => {
  it('S42: what is deleted, forgotten and erased is in no file', async () => {
    await withDirectory(async (directory) => {
      const options = { ...nodeOptions(directory), keepsDeleted: true };
      const store = await openedNode(options);
      const marker = 'a secret that is to be gone';
      const holds = (): Promise<boolean> => isOnDisk(options, marker);
      unwrap(await store.submit(idOf('a'), createAuthor(1).type(marker), local));
      unwrap(await store.submit(idOf('b'), createAuthor(2).type('stays'), local));
      await store.compact(idOf('a'));
      expect(await holds()).toBe(true);
      unwrap(await store.deleteDocument(idOf('a'), 1, store.identity.replicaId));
      await store.erase();
      expect(await holds()).toBe(true);
      expect(await store.forgetDeleted(Number.MAX_SAFE_INTEGER)).toBe(1);
      await store.erase();
      expect(await holds()).toBe(false);
      await store.close();
      expect(await holds()).toBe(false);
    });
  });
});

describe('node store', () => {
  it('S21: a directory is made for its owner alone; identity stays, the incarnation rises', async () => {
    await withDirectory(async (directory) => {
      const options = await filled(directory);
      expect((await stat(options.directory)).mode & 0o777).toBe(0o700);
      const ids = new Set<string>();
      for (const incarnation of [2, 3]) {
        const store = await openedNode(options);
        expect(store.identity).toMatchObject({ cluster: 'test', incarnation });
        ids.add(store.identity.replicaId);
        await store.close();
      }
      expect(ids.size).toBe(1);
      const sentinel = JSON.parse(await readFile(join(options.directory, 'store.json'), 'utf8'));
      expect(sentinel).toMatchObject({ format: 1, cluster: 'test', incarnation: 3, documents: 2 });
      const other = await openedNode(nodeOptions(directory, { directory: join(directory, 'other') }));
      expect(ids.has(other.identity.replicaId)).toBe(false);
      await other.close();
    });
  });

  it('S21: a directory that cannot be used is refused with a code', async () => {
    await withDirectory(async (directory) => {
      await writeFile(join(directory, 'file'), '');
      expect(await refusalOf(nodeOptions(directory, { directory: join(directory, 'file', 'data') }))).toBe(
        'DIRECTORY_UNWRITABLE',
      );
    });
  });

  it('S21: the directory of another cluster, or of a later format, is refused', async () => {
    await withDirectory(async (directory) => {
      const options = await filled(directory);
      expect(await refusalOf({ ...options, cluster: 'another' })).toBe('CLUSTER_MISMATCH');
      expect(await refusalOf(options)).toBe('opened');
    });
  });

  const damages: Readonly<Record<string, readonly [(options: NodeStoreOptions) => Promise<void>, string]>> = {
    'the database is gone': [
      (options) => rm(join(options.directory, 'db'), { recursive: true }),
      'STORE_MISSING',
    ],
    'CURRENT is gone': [(options) => rm(join(options.directory, 'db', 'CURRENT')), 'STORE_MISSING'],
    'CURRENT is empty': [(options) => truncate(join(options.directory, 'db', 'CURRENT')), 'STORE_CORRUPT'],
    'a table is gone': [
      async (options) => {
        await asTable(options);
        for (const path of await databaseFiles(options, '.ldb')) await rm(path);
      },
      'STORE_CORRUPT',
    ],
    'a table is empty': [
      async (options) => {
        await asTable(options);
        for (const path of await databaseFiles(options, '.ldb')) await truncate(path);
      },
      'STORE_CORRUPT',
    ],
    'a table is cut': [
      async (options) => {
        await asTable(options);
        for (const path of await databaseFiles(options, '.ldb')) {
          await truncate(path, (await stat(path)).size - 10);
        }
      },
      'STORE_CORRUPT',
    ],
    'the manifest is empty': [
      async (options) => {
        for (const path of await databaseFiles(options, '')) {
          if (path.includes('MANIFEST')) await truncate(path);
        }
      },
      'STORE_CORRUPT',
    ],
    'the log is gone': [
      async (options) => {
        for (const path of await databaseFiles(options, '.log')) await rm(path);
      },
      'STORE_EMPTY',
    ],
    'an empty database is in its place': [
      async (options) => {
        const empty = { ...options, directory: join(options.directory, 'empty') };
        await (await openedNode(empty)).close();
        await rm(join(options.directory, 'db'), { recursive: true });
        await cp(join(empty.directory, 'db'), join(options.directory, 'db'), { recursive: true });
      },
      'STORE_MISMATCH',
    ],
    'the sentinel is cut': [
      (options) => truncate(join(options.directory, 'store.json'), 20),
      'SENTINEL_DAMAGED',
    ],
    'the sentinel was written to': [
      async (options) => {
        const path = join(options.directory, 'store.json');
        await writeFile(path, (await readFile(path, 'utf8')).replace('"documents": 2', '"documents": 0'));
      },
      'SENTINEL_DAMAGED',
    ],
  };
  for (const [damage, [harm, code]] of Object.entries(damages)) {
    it(`S21: when ${damage} the store is refused, again and again, and nothing is made in its place`, async () => {
      await withDirectory(async (directory) => {
        const options = await filled(directory);
        await harm(options);
        for (let attempt = 0; attempt < 2; attempt++) expect(await refusalOf(options)).toBe(code);
        expect(await verifyStore(options)).toMatchObject({ ok: false, error: { code } });
      });
    });
  }

  it('S21: a cut manifest opens an empty database or none: both are refused', async () => {
    await withDirectory(async (directory) => {
      const options = await filled(directory);
      await asTable(options);
      for (const path of await databaseFiles(options, '')) {
        if (path.includes('MANIFEST')) await truncate(path, (await stat(path)).size >> 1);
      }
      for (let attempt = 0; attempt < 2; attempt++) {
        expect(['STORE_EMPTY', 'STORE_SHRUNK', 'STORE_CORRUPT', 'STORE_MISMATCH']).toContain(
          await refusalOf(options),
        );
      }
    });
  });

  it('S21: an older copy of the database under a newer sentinel is refused', async () => {
    await withDirectory(async (directory) => {
      const options = await filled(directory);
      const database = join(options.directory, 'db');
      await cp(database, join(directory, 'copy'), { recursive: true });
      const store = await openedNode(options);
      unwrap(await store.submit(idOf('c'), createAuthor(3).type('text'), local));
      await store.close();
      await rm(database, { recursive: true });
      await cp(join(directory, 'copy'), database, { recursive: true });
      expect(await refusalOf(options)).toBe('STORE_SHRUNK');
    });
  });

  it('S21: without its sentinel a store keeps its documents and is another replica', async () => {
    await withDirectory(async (directory) => {
      const options = await filled(directory);
      const before = JSON.parse(await readFile(join(options.directory, 'store.json'), 'utf8'));
      await rm(join(options.directory, 'store.json'));
      const store = await openedNode(options);
      expect(store.identity.replicaId).not.toBe(before.replicaId);
      expect((await store.list('default', '', 10)).length).toBe(2);
      await store.close();
      expect(await refusalOf(options)).toBe('opened');
    });
  });

  it('S21: a first start that was cut short begins afresh, whatever it left; a store that was served is never cleared away', async () => {
    await withDirectory(async (directory) => {
      const options = nodeOptions(directory);
      const database = join(options.directory, 'db');
      await mkdir(database, { recursive: true });
      await writeFile(join(options.directory, 'store.begun'), '');
      await writeFile(join(database, 'CURRENT'), 'MANIFEST-000001\n');
      await writeFile(join(database, 'MANIFEST-000001'), '');
      const store = await openedNode(options);
      unwrap(await store.submit(idOf('a'), createAuthor(1).type('text'), local));
      await store.close();
      expect(await readdir(options.directory)).not.toContain('store.begun');
      await rm(join(options.directory, 'store.json'));
      await truncate(join(database, 'CURRENT'));
      const files = await readdir(database);
      expect(await refusalOf(options)).toBe('STORE_CORRUPT');
      expect(await readdir(database)).toEqual(expect.arrayContaining(files.filter((name) => name !== 'LOG')));
    });
  });

  it('S21: a start that ended before the sentinel was written begins afresh', async () => {
    await withDirectory(async (directory) => {
      const options = nodeOptions(directory);
      await mkdir(options.directory);
      // A directory where the temporary file belongs: writing the sentinel fails.
      await mkdir(join(options.directory, 'store.json.new'));
      expect(await refusalOf(options)).toBe('STORE_UNREADABLE');
      await rm(join(options.directory, 'store.json.new'), { recursive: true });
      expect(await refusalOf(options)).toBe('opened');
    });
  });
});
