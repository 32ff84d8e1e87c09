import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { documentKey } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../contract/fixture.ts';
import { exchange } from '../contract/replication.ts';
import { documentKeyBytes, documentRange } from '../keys.ts';
import type { DocumentStore } from '../store-types.ts';
import { createAuthor } from '../testing/author.ts';
import { nodeOptions, openedNode, withDirectory } from '../testing/directories.ts';
import { idOf, local, peerId } from '../testing/stores.ts';
import { type BackupPart, readManifest } from './backup-manifest.ts';
import { classicDatabase } from './open-node-store.ts';
import { restoreStore } from './restore-store.ts';
import { type BackupWritten, writeBackup } from './write-backup.ts';

interface Setting {
  readonly directory: string;
  readonly store: DocumentStore;
  readonly backup: string;
}

/** A store of 40 documents, a deleted one, one in its second life and one in another collection. */
async function withStore(run: (setting: Setting) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    const store = await openedNode(nodeOptions(directory, { tunables: { compactTailBytes: 40_000 } }));
    for (let at = 0; at < 40; at++) await typed(store, `doc-${at}`, at + 1, `text ${at}`);
    for (const name of ['deleted', 'reborn']) {
      await typed(store, name, 90, 'old');
      unwrap(await store.deleteDocument(idOf(name), 1, peerId(1)));
    }
    unwrap(await store.submit(idOf('reborn'), createAuthor(91).type('new'), local, 2));
    unwrap(await store.submit(idOf('doc-0', 'other'), createAuthor(92).type('elsewhere'), local));
    await run({ directory, store, backup: join(directory, 'backup') });
    await store.close();
  });
}

async function typed(store: DocumentStore, name: string, client: number, text: string): Promise<void> {
  unwrap(await store.submit(idOf(name), createAuthor(client).type(text), local));
}

async function backedUp({ store, backup }: Setting, full = false): Promise<BackupWritten> {
  return unwrap(await writeBackup({ directory: backup, full, source: (since) => store.backup(since) }));
}

async function restored({ directory, backup }: Setting, name = 'restored'): Promise<DocumentStore> {
  const { clock, timers } = nodeOptions(directory);
  unwrap(await restoreStore({ from: backup, directory: join(directory, name), clock, timers }));
  return openedNode(nodeOptions(directory, { directory: join(directory, name) }));
}

describe('backup', () => {
  it('S50: what is restored is the store, with its lives and deaths, as another replica', async () => {
    await withStore(async (setting) => {
      const { store } = setting;
      const { part, damaged, unlisted } = await backedUp(setting);
      expect([part?.records, part?.total, damaged, unlisted]).toEqual([43, 43, [], false]);
      const copy = await restored(setting);
      expect(await copy.roots()).toEqual(await store.roots());
      expect(copy.identity.replicaId).not.toBe(store.identity.replicaId);
      for (const name of ['deleted', 'reborn', 'doc-7']) {
        const { key, ...lookup } = await copy.lookup(idOf(name));
        expect({ key, ...lookup }).toEqual(await store.lookup(idOf(name)));
        const [mine, theirs] = [await copy.read(idOf(name)), await store.read(idOf(name))];
        expect(unwrap(mine)?.version).toEqual(unwrap(theirs)?.version);
      }
      expect(await copy.list('other', '', 10)).toEqual(await store.list('other', '', 10));
      expect(
        JSON.parse(Buffer.from((await copy.readState('restored-backup')) ?? []).toString()),
      ).toMatchObject({
        from: store.identity.replicaId,
      });
      await copy.close();
    });
  });

  it('S50: while writes go on it is the store as it was at one moment', async () => {
    await withStore(async (setting) => {
      const { store } = setting;
      const authors = Array.from({ length: 40 }, (_, at) => createAuthor(1000 + at));
      let writing = true;
      const history: string[] = [];
      const write = (async () => {
        for (let turn = 0; writing; turn++) {
          const at = turn % 40;
          const author = authors[at];
          if (author === undefined) throw new Error('no author');
          unwrap(await store.submit(idOf(`doc-${at}`), author.type('x'), local));
          history.push(JSON.stringify(await store.roots()));
        }
      })();
      const chunks = (async function* () {
        for await (const chunk of store.backup()) {
          // Slower than the writer.
          const seen = history.length;
          while (history.length < seen + 2) await new Promise((resolve) => setImmediate(resolve));
          yield chunk;
        }
      })();
      unwrap(await writeBackup({ directory: setting.backup, source: () => chunks }));
      writing = false;
      await write;
      const copy = await restored(setting);
      expect(history).toContain(JSON.stringify(await copy.roots()));
      await copy.close();
    });
  });

  it('S50: nothing that compaction would find out makes it differ', async () => {
    await withStore(async (setting) => {
      const { store } = setting;
      // Long enough to be compacted when it arrives whole; two of its values are deleted by implication alone.
      for (const client of [201, 202]) {
        const author = createAuthor(client);
        unwrap(await store.submit(idOf('long'), author.set('key', 'x'.repeat(33_000)), local));
      }
      await backedUp(setting);
      const copy = await restored(setting);
      await copy.idle();
      await store.compact(idOf('long'));
      await copy.compact(idOf('long'));
      expect(await copy.roots()).toEqual(await store.roots());
      await copy.close();
    });
  });

  it('S51: a second run adds what has changed since, and nothing when nothing has', async () => {
    await withStore(async (setting) => {
      const { store } = setting;
      await backedUp(setting);
      expect(await backedUp(setting)).toMatchObject({ part: null, parts: 1 });
      await typed(store, 'doc-3', 300, 'more');
      await typed(store, 'fresh', 301, 'new');
      unwrap(await store.deleteDocument(idOf('doc-4'), 2, peerId(1)));
      const second = await backedUp(setting);
      expect([second.part?.records, second.parts, second.part?.since]).toEqual([3, 2, 46]);
      const copy = await restored(setting);
      expect(await copy.roots()).toEqual(await store.roots());
      expect(await copy.lookup(idOf('doc-4'))).toMatchObject({ phase: 'deleted' });
      await copy.close();
      expect((await backedUp(setting, true)).part).toMatchObject({ since: 0, records: 44 });
      const again = await restored(setting, 'again');
      expect(await again.roots()).toEqual(await store.roots());
      await again.close();
    });
  });

  it('S51: another replica, or a store that has gone back, is not taken for the one before', async () => {
    await withStore(async (setting) => {
      await backedUp(setting);
      const { directory, backup } = setting;
      const position = await lastPosition(backup);
      const options = nodeOptions(directory, { directory: join(directory, 'small') });
      const small = await openedNode(options);
      await typed(small, 'a', 1, 'x');
      const whole = await writeBackup({
        directory: backup,
        source: (since) => small.backup(since),
      });
      expect(unwrap(whole)).toMatchObject({
        whole: 'OTHER_REPLICA',
        part: { since: 0, records: 1, file: 'part-000002.hearsay' },
      });
      const forged = await writeBackup({
        directory: backup,
        source: () => setting.store.backup({ ...position, cursor: 1 }),
      });
      expect(forged).toMatchObject({ error: { code: 'BACKUP_DAMAGED' } });
      await small.close();
      const stranger = await openedNode({
        ...options,
        directory: join(directory, 'stranger'),
        cluster: 'other',
      });
      const foreign = await writeBackup({ directory: backup, source: () => stranger.backup() });
      expect(foreign).toMatchObject({ error: { code: 'BACKUP_MISMATCH' } });
      await stranger.close();
    });
  });

  it('S51: a run that is broken off leaves the backup as it was', async () => {
    await withStore(async (setting) => {
      const { backup, store } = setting;
      await backedUp(setting);
      const before = await readdir(backup);
      const position = await lastPosition(backup);
      await typed(store, 'doc-1', 300, 'more');
      const broken = async function* (): AsyncGenerator<Uint8Array> {
        let left = 2;
        for await (const chunk of store.backup(position)) {
          if (left-- === 0) throw new Error('the line is cut');
          yield chunk;
        }
      };
      await expect(writeBackup({ directory: backup, source: broken })).rejects.toThrow('cut');
      const short = async function* (): AsyncGenerator<Uint8Array> {
        let left = 2;
        for await (const chunk of store.backup(position)) if (left-- > 0) yield chunk;
      };
      expect(await writeBackup({ directory: backup, source: short })).toMatchObject({
        error: { code: 'BACKUP_DAMAGED' },
      });
      const stop = new AbortController();
      stop.abort();
      const stopped = await writeBackup({
        directory: backup,
        source: () => store.backup(position),
        signal: stop.signal,
      });
      expect(stopped).toMatchObject({ error: { code: 'BACKUP_STOPPED' } });
      expect(await readdir(backup)).toEqual(before);
      expect((await backedUp(setting)).part).toMatchObject({ since: 46, records: 1 });
    });
  });

  it('S52: every byte that is changed, cut or missing is noticed before anything is made', async () => {
    await withStore(async (setting) => {
      const { directory, backup, store } = setting;
      await backedUp(setting);
      await typed(store, 'doc-1', 300, 'more');
      await backedUp(setting);
      const kept = join(directory, 'kept');
      await cp(backup, kept, { recursive: true });
      const { clock, timers } = nodeOptions(directory);
      const target = join(directory, 'target');
      const refusal = async (): Promise<unknown> => {
        const outcome = await restoreStore({ from: backup, directory: target, clock, timers });
        await expect(readdir(target)).rejects.toMatchObject({ code: 'ENOENT' });
        await rm(backup, { recursive: true });
        await cp(kept, backup, { recursive: true });
        return outcome.ok ? 'restored' : outcome.error.code;
      };
      for (const file of ['backup.json', 'part-000001.hearsay', 'part-000002.hearsay']) {
        const path = join(backup, file);
        const bytes = await readFile(path);
        for (let at = 0; at < bytes.byteLength; at += Math.ceil(bytes.byteLength / 25)) {
          const flipped = Buffer.from(bytes);
          flipped[at] = (flipped[at] ?? 0) ^ 1;
          await writeFile(path, flipped);
          expect(['BACKUP_DAMAGED', 'BACKUP_UNSUPPORTED']).toContain(await refusal());
          await truncate(path, at);
          expect(['BACKUP_DAMAGED', 'BACKUP_UNSUPPORTED']).toContain(await refusal());
        }
        await rm(path);
        expect(await refusal()).toBe('BACKUP_DAMAGED');
      }
      const unchanged = await restored(setting);
      expect(await unchanged.roots()).toEqual(await store.roots());
      await unchanged.close();
    });
  });

  it('S53: a directory with a store in it is left alone; what an attempt left behind is not in the way', async () => {
    await withStore(async (setting) => {
      const { directory, backup, store } = setting;
      await backedUp(setting);
      const { clock, timers } = nodeOptions(directory);
      const inUse = await restoreStore({ from: backup, directory: join(directory, 'data'), clock, timers });
      expect(inUse).toMatchObject({ error: { code: 'STORE_LOCKED' } });
      const target = join(directory, 'target');
      await mkdir(join(target, 'restoring', 'db'), { recursive: true });
      const stop = new AbortController();
      const stopped = await restoreStore({
        from: backup,
        directory: target,
        clock,
        timers,
        signal: stop.signal,
        onProgress: ({ phase }) => {
          if (phase === 'write') stop.abort();
        },
      });
      expect(stopped).toMatchObject({ error: { code: 'RESTORE_STOPPED' } });
      expect(await readdir(target)).toEqual([]);
      const copy = await restored(setting, 'target');
      expect(await copy.roots()).toEqual(await store.roots());
      await copy.close();
      const again = await restoreStore({ from: backup, directory: target, clock, timers });
      expect(again).toMatchObject({ error: { code: 'STORE_EXISTS' } });
    });
  });

  it('S53: restored as a new cluster it is refused by nobody but the old one', async () => {
    await withStore(async (setting) => {
      const { directory, backup, store } = setting;
      await backedUp(setting);
      const { clock, timers } = nodeOptions(directory);
      const target = join(directory, 'target');
      unwrap(await restoreStore({ from: backup, directory: target, cluster: 'fork', clock, timers }));
      const fork = await openedNode(nodeOptions(directory, { directory: target, cluster: 'fork' }));
      expect(fork.identity.cluster).toBe('fork');
      expect(await fork.roots()).toEqual(await store.roots());
      await fork.close();
    });
  });

  it('S53: what was deleted after the backup stays deleted when the restored store meets the others', async () => {
    await withStore(async (setting) => {
      const { store } = setting;
      await backedUp(setting);
      unwrap(await store.deleteDocument(idOf('doc-5'), 5, peerId(1)));
      await typed(store, 'doc-6', 600, 'later');
      const copy = await restored(setting);
      await typed(copy, 'doc-5', 700, 'written to the restored copy');
      // Who else wrote in the ended life goes back with the second.
      for (const name of ['doc-5', 'doc-5', 'doc-6']) await exchange(copy, store, documentKey(idOf(name)));
      expect(await copy.lookup(idOf('doc-5'))).toMatchObject({ phase: 'deleted' });
      expect(await store.lookup(idOf('doc-5'))).toMatchObject({ phase: 'deleted' });
      expect(await copy.roots()).toEqual(await store.roots());
      await copy.close();
    });
  });

  it('S59: a damaged document is named, and in the next part once it is whole', async () => {
    await withStore(async (setting) => {
      const { directory, store, backup } = setting;
      const healthy = await restoredFrom(setting);
      await store.close();
      const database = classicDatabase(join(directory, 'data', 'db'))({ create: false });
      await database.open();
      for (const key of await database
        .keys(documentRange(documentKeyBytes(documentKey(idOf('doc-9')))))
        .all()) {
        const value = (await database.get(key))?.slice() ?? new Uint8Array(1);
        value[2] = (value[2] ?? 0) ^ 1;
        await database.put(key, value);
      }
      await database.close();
      const harmed = await openedNode(nodeOptions(directory));
      const source = harmed.backup;
      const first = unwrap(await writeBackup({ directory: backup, source, full: true }));
      expect(first.damaged).toMatchObject([{ key: documentKey(idOf('doc-9')), reason: 'CHECKSUM' }]);
      expect(first.part?.records).toBe(42);
      expect(harmed.damaged().length).toBe(1);
      await exchange(healthy, harmed, documentKey(idOf('doc-9')));
      await exchange(harmed, healthy, documentKey(idOf('doc-9')));
      expect(harmed.damaged()).toEqual([]);
      const second = unwrap(await writeBackup({ directory: backup, source }));
      expect([second.damaged, second.part?.records]).toEqual([[], 1]);
      const copy = await restored(setting, 'copy');
      expect(await copy.roots()).toEqual(await healthy.roots());
      expect((await readManifest(backup))?.parts.length).toBe(2 + 1);
      for (const one of [copy, healthy, harmed]) await one.close();
    });
  });
});

async function lastPosition(backup: string): Promise<BackupPart> {
  const part = (await readManifest(backup))?.parts.at(-1);
  if (part === undefined) throw new Error('no part');
  return part;
}

/** A second replica with the same documents. */
async function restoredFrom(setting: Setting): Promise<DocumentStore> {
  await backedUp(setting);
  return restored(setting, 'healthy');
}
