import { join } from 'node:path';
import { msToHybridTime } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../contract/fixture.ts';
import type { DocumentStore, RestReport } from '../store-types.ts';
import { createAuthor } from '../testing/author.ts';
import { nodeOptions, openedNode, withDirectory } from '../testing/directories.ts';
import { idOf, local, peerId } from '../testing/stores.ts';
import { restoreStore } from './restore-store.ts';
import { type BackupWritten, writeBackup } from './write-backup.ts';

const day = 86_400_000;

interface Scene {
  readonly store: DocumentStore;
  pass(days: number): void;
  /** Sweeps certificates; on a node that keeps none of those that rest. */
  sweep(): Promise<RestReport>;
  backUp(): Promise<BackupWritten>;
  /** What stands in a store that is restored from the backup, after the name `gone`. */
  restored(): Promise<{ readonly phase: string; readonly names: readonly string[] }>;
}

/** A store with one document that stays and one that is deleted, backed up before that. */
async function withScene(run: (scene: Scene) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    let now = Date.UTC(2026, 0, 1);
    const given = { clock: { now: () => now }, certificateMs: 30 * day } as const;
    const store = await openedNode(nodeOptions(directory, given));
    const backup = join(directory, 'backup');
    const scene: Scene = {
      store,
      pass: (days) => {
        now += days * day;
      },
      sweep: () => store.restCertificates({ isKeptHere: () => false, forgetMs: 180 * day }),
      backUp: async () =>
        unwrap(await writeBackup({ directory: backup, source: (since) => store.backup(since) })),
      restored: async () => {
        const { clock, timers } = nodeOptions(directory, given);
        const target = join(directory, 'restored');
        unwrap(await restoreStore({ from: backup, directory: target, clock, timers }));
        const copy = await openedNode(nodeOptions(directory, { ...given, directory: target }));
        const { phase } = await copy.lookup(idOf('gone'));
        const names = (await copy.list('default', '', 10)).map(({ name }) => name);
        await copy.close();
        return { phase, names };
      },
    };
    unwrap(await store.submit(idOf('stays'), createAuthor(1).type('kept'), local));
    unwrap(await store.submit(idOf('gone'), createAuthor(2).type('do not bring back'), local));
    await scene.backUp();
    unwrap(await store.deleteDocument(idOf('gone'), msToHybridTime(now), peerId(9)));
    await run(scene);
    await store.close();
  });
}

describe('backups of deleted documents', () => {
  it('S61: a deletion that rests by the next part is told of there', async () => {
    await withScene(async ({ pass, sweep, backUp, restored }) => {
      pass(31);
      expect(await sweep()).toEqual({ rested: 1, forgotten: 0 });
      const { part, unlisted } = await backUp();
      expect([part?.since === 0, part?.records, unlisted]).toEqual([false, 1, false]);
      expect(await restored()).toEqual({ phase: 'deleted', names: ['stays'] });
    });
  });

  it('S61: where it has even been forgotten by then, the part tells everything', async () => {
    await withScene(async ({ pass, sweep, backUp, restored }) => {
      pass(60);
      expect(await sweep()).toEqual({ rested: 1, forgotten: 0 });
      expect(await sweep()).toEqual({ rested: 0, forgotten: 1 });
      const { part, unlisted } = await backUp();
      expect([part?.since, part?.records, unlisted]).toEqual([0, 1, false]);
      expect(await restored()).toEqual({ phase: 'absent', names: ['stays'] });
    });
  });

  it('S61: what is forgotten after its rest was told of costs nothing', async () => {
    await withScene(async ({ store, pass, sweep, backUp, restored }) => {
      pass(31);
      await sweep();
      await backUp();
      expect(await sweep()).toEqual({ rested: 0, forgotten: 0 });
      pass(10);
      expect(await sweep()).toEqual({ rested: 0, forgotten: 1 });
      unwrap(await store.submit(idOf('new'), createAuthor(3).type('since then'), local));
      const { part } = await backUp();
      expect([part?.since === 0, part?.records]).toEqual([false, 1]);
      expect(await restored()).toEqual({ phase: 'deleted', names: ['new', 'stays'] });
    });
  });

  it('S61: a complete backup of a store with certificates that rest is complete', async () => {
    await withScene(async ({ store, pass, sweep }) => {
      pass(31);
      await sweep();
      await withDirectory(async (directory) => {
        const written = unwrap(await writeBackup({ directory, source: () => store.backup() }));
        expect([written.part?.records, written.unlisted]).toEqual([2, false]);
      });
    });
  });
});
