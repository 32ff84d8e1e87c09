import { cp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { documentJson } from '@hearsay/document';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../contract/fixture.ts';
import type { StoreFinding } from '../findings.ts';
import type { DocumentStore } from '../store-types.ts';
import { createAuthor } from '../testing/author.ts';
import { databaseFiles, nodeOptions, openedNode, withDirectory } from '../testing/directories.ts';
import { idOf, local, promptTimers } from '../testing/stores.ts';
import { storeTunables } from '../tunables.ts';
import { type NodeStoreOptions, openNodeStore } from './open-node-store.ts';
import { verifyStore } from './verify-store.ts';

/** Sentinels are renewed after every batch. */
const prompt: NodeStoreOptions['timers'] = {
  set: (delayMs, fire) => promptTimers.set(delayMs === storeTunables.sentinelMs ? 0 : delayMs, fire),
};

/** A store with one document of so many edits of which all were acknowledged. */
async function edited(options: NodeStoreOptions, edits: number): Promise<DocumentStore> {
  const store = await openedNode(options);
  const author = createAuthor(1);
  for (let edit = 0; edit < edits; edit++)
    unwrap(await store.submit(idOf('a'), author.type('edit; '), local));
  return store;
}

async function editsIn(store: DocumentStore): Promise<number> {
  const { text } = documentJson(unwrap(await store.read(idOf('a')))?.updates ?? []);
  return String(text).split(';').length - 1;
}

async function cutLog(options: NodeStoreOptions, sizeAfter: (size: number) => number): Promise<void> {
  for (const path of await databaseFiles(options, '.log')) {
    await truncate(path, Math.floor(sizeAfter((await stat(path)).size)));
  }
}

/** What is on the disk of a machine that stops now. */
async function copyAsItIs(from: NodeStoreOptions, to: NodeStoreOptions): Promise<void> {
  const filter = (path: string): boolean => !/(store\.lock|\.new)$/.test(path);
  await cp(from.directory, to.directory, { recursive: true, filter });
}

async function sentinelOf({ directory }: NodeStoreOptions) {
  return JSON.parse(await readFile(join(directory, 'store.json'), 'utf8'));
}

async function expectRefused(options: NodeStoreOptions, code: string): Promise<void> {
  for (let attempt = 0; attempt < 2; attempt++) {
    expect(await openNodeStore(options)).toMatchObject({ ok: false, error: { code } });
  }
  expect(await verifyStore(options)).toMatchObject({ ok: false, error: { code } });
}

describe('a lost tail', () => {
  it.each([0.9, 0.5, 0.2])(
    'S27: a log cut to %f, with acknowledged changes in what is gone, is refused again and again',
    async (share) => {
      await withDirectory(async (directory) => {
        const options = nodeOptions(directory);
        await (await edited(options, 100)).close();
        await cutLog(options, (size) => size * share);
        await expectRefused(options, 'STORE_TAIL_LOST');
      });
    },
  );

  it.each([1, 7, 100])(
    'S27: a log that lacks its last %i bytes after a clean stop is refused',
    async (cut) => {
      await withDirectory(async (directory) => {
        const options = nodeOptions(directory);
        await (await edited(options, 100)).close();
        await cutLog(options, (size) => size - cut);
        await expectRefused(options, 'STORE_TAIL_LOST');
      });
    },
  );

  it.each([1, 7, 100])(
    'S27: a last record that lacks %i bytes after a crash, and that nobody was told of, is dropped and counted',
    async (cut) => {
      await withDirectory(async (directory) => {
        const [options, crashed] = [
          nodeOptions(directory),
          nodeOptions(directory, { directory: join(directory, 'crashed') }),
        ];
        const store = await edited(options, 10);
        // What is on the disk when the machine stops in the middle of a write.
        await copyAsItIs(options, crashed);
        await store.close();
        await cutLog(crashed, (size) => size - cut);
        const findings: StoreFinding[] = [];
        const again = await openedNode({ ...crashed, found: (finding) => findings.push(finding) });
        expect(await editsIn(again)).toBe(9);
        expect(again.identity.replicaId).toBe(store.identity.replicaId);
        expect(again.status().counters).toMatchObject({ recordsTorn: 1, tailLost: 0, logHoles: 0 });
        expect(findings).toEqual([{ code: 'RECORD_TORN', count: 1 }]);
        await again.close();
        const whole = await openedNode(crashed);
        expect(whole.status().counters.recordsTorn).toBe(0);
        await whole.close();
      });
    },
  );

  it('S27: an older copy of the database is refused though it has as many documents, also when nothing was written since', async () => {
    for (const edits of [1, 0]) {
      await withDirectory(async (directory) => {
        const options = nodeOptions(directory);
        await (await edited(options, 1)).close();
        await cp(join(options.directory, 'db'), join(directory, 'copy'), { recursive: true });
        const author = createAuthor(2);
        for (let start = 0; start < 5; start++) {
          const store = await openedNode(options);
          if (edits > 0) unwrap(await store.submit(idOf('a'), author.type('more'), local));
          await store.close();
        }
        await rm(join(options.directory, 'db'), { recursive: true });
        await cp(join(directory, 'copy'), join(options.directory, 'db'), { recursive: true });
        await expectRefused(options, edits > 0 ? 'STORE_TAIL_LOST' : 'STORE_OUTDATED');
      });
    }
  });

  it('S27: starts that end between sentinel and database are no loss', async () => {
    await withDirectory(async (directory) => {
      const options = nodeOptions(directory);
      await (await edited(options, 3)).close();
      for (let start = 0; start < 4; start++) {
        await openNodeStore({
          ...options,
          wrapDatabase: (factory) => (settings) =>
            new Proxy(factory(settings), {
              get(database, property) {
                if (property === 'batch') throw new Error('the process ends here');
                const member: unknown = Reflect.get(database, property, database);
                return typeof member === 'function' ? member.bind(database) : member;
              },
            }),
        });
      }
      expect(await sentinelOf(options)).toMatchObject({ incarnation: 5, reached: { incarnation: 1 } });
      const store = await openedNode(options);
      expect(store.identity.incarnation).toBe(6);
      await store.close();
    });
  });

  it('S28: accepted, the loss makes another replica of it, which counts it and says so; a database that is gone stays refused', async () => {
    await withDirectory(async (directory) => {
      const options = nodeOptions(directory);
      const before = await edited(options, 100);
      await before.close();
      await cutLog(options, (size) => size / 2);
      const findings: StoreFinding[] = [];
      const found = (finding: StoreFinding): void => void findings.push(finding);
      const store = await openedNode({ ...options, acceptsLoss: true, found });
      const edits = await editsIn(store);
      expect(edits).toBeGreaterThan(20);
      expect(store.identity.replicaId).not.toBe(before.identity.replicaId);
      expect(store.status().counters.tailLost).toBe(100 - edits);
      expect(findings).toContainEqual({ code: 'TAIL_LOST', count: 100 - edits });
      await store.close();
      const next = await openedNode(options);
      expect(next.identity.replicaId).toBe(store.identity.replicaId);
      expect(next.status().counters.tailLost).toBe(0);
      await next.close();
      await rm(join(options.directory, 'db', 'CURRENT'));
      const refused = await openNodeStore({ ...options, acceptsLoss: true });
      expect(refused).toMatchObject({ ok: false, error: { code: 'STORE_MISSING' } });
    });
  });

  it('S28: a crash between the new name outside and inside leaves a store that opens under the new one', async () => {
    await withDirectory(async (directory) => {
      const options = nodeOptions(directory);
      const before = await edited(options, 100);
      await before.close();
      const old = await sentinelOf(options);
      await cutLog(options, (size) => size / 2);
      const cut = { ...options, directory: join(directory, 'cut') };
      await cp(options.directory, cut.directory, { recursive: true });
      const accepted = await openedNode({ ...options, acceptsLoss: true });
      const written = await sentinelOf(options);
      expect(written).toMatchObject({ replicaId: accepted.identity.replicaId, replaces: old.replicaId });
      // The sentinel as it was written first, the database as it was before.
      await cp(join(options.directory, 'store.json'), join(cut.directory, 'store.json'));
      await accepted.close();
      expect((await sentinelOf(options)).replaces).toBe(undefined);
      const store = await openedNode(cut);
      expect(store.identity.replicaId).toBe(accepted.identity.replicaId);
      await store.close();
    });
  });

  it('S28: without syncs a lost tail is no fault: the store opens by itself, as another replica', async () => {
    await withDirectory(async (directory) => {
      const options = nodeOptions(directory, { durability: 'buffered', timers: prompt });
      const before = await edited(options, 100);
      await before.close();
      await cutLog(options, (size) => size / 2);
      // However it is run from now on.
      const store = await openedNode({ ...options, durability: 'synced' });
      expect(store.identity.replicaId).not.toBe(before.identity.replicaId);
      expect(store.status().counters.tailLost).toBe(100 - (await editsIn(store)));
      await store.close();
    });
  });

  it('S29: the sentinel follows while the store is open, and is never ahead of it', async () => {
    await withDirectory(async (directory) => {
      const options = nodeOptions(directory, { timers: prompt });
      const store = await edited(options, 30);
      let reached = 0;
      while (reached < 30) {
        reached = (await sentinelOf(options)).reached.outboxHead;
        expect(reached).toBeLessThanOrEqual(store.status().outboxHead);
      }
      const crashed = { ...options, directory: join(directory, 'crashed') };
      await copyAsItIs(options, crashed);
      await store.close();
      await cutLog(crashed, (size) => size / 2);
      await expectRefused(crashed, 'STORE_TAIL_LOST');
    });
  });

  it('S29: a sentinel of the first release is read, and reads this one’s', async () => {
    await withDirectory(async (directory) => {
      const options = nodeOptions(directory);
      await (await edited(options, 3)).close();
      const path = join(options.directory, 'store.json');
      const { reached, replaces, reachedChecksum, ...first } = await sentinelOf(options);
      expect([reached.outboxHead, replaces, typeof reachedChecksum]).toEqual([3, undefined, 'string']);
      await writeFile(path, JSON.stringify(first));
      const store = await openedNode(options);
      expect(await editsIn(store)).toBe(3);
      await store.close();
      const changed = { ...(await sentinelOf(options)), reached: { ...reached, outboxHead: 0 } };
      await writeFile(path, JSON.stringify(changed));
      expect(await openNodeStore(options)).toMatchObject({ ok: false, error: { code: 'SENTINEL_DAMAGED' } });
    });
  });
});
