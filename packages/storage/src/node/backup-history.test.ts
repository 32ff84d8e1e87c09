import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../contract/fixture.ts';
import type { DocumentStore } from '../store-types.ts';
import { createAuthor } from '../testing/author.ts';
import { backUp, restoredTexts } from '../testing/backups.ts';
import { nodeOptions, openedNode, withDirectory } from '../testing/directories.ts';
import { idOf, local } from '../testing/stores.ts';
import { readManifest, writeManifest } from './backup-manifest.ts';
import type { NodeStoreOptions } from './open-node-store.ts';
import { openStoreView } from './store-view.ts';
import type { BackupWritten } from './write-backup.ts';

interface Scene {
  readonly directory: string;
  readonly options: NodeStoreOptions;
  /** Opens the store, types documents of these names, backs it up where that is asked for, and closes it. */
  run(names: readonly string[], isBackedUp?: boolean): Promise<BackupWritten | undefined>;
  /** Keeps the directory as it is, and puts it back. */
  keep(): Promise<void>;
  putBack(): Promise<void>;
}

async function withScene(scene: (scene: Scene) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    const options = nodeOptions(directory);
    const kept = join(directory, 'kept');
    await scene({
      directory,
      options,
      async run(names, isBackedUp = true) {
        const store = await openedNode(options);
        await typed(store, names);
        const written = isBackedUp ? await backUp(store, directory) : undefined;
        await store.close();
        return written;
      },
      keep: () => cp(options.directory, kept, { recursive: true }),
      async putBack() {
        await rm(options.directory, { recursive: true });
        await cp(kept, options.directory, { recursive: true });
      },
    });
  });
}

let client = 1;

async function typed(store: DocumentStore, names: readonly string[]): Promise<void> {
  for (const name of names) unwrap(await store.submit(idOf(name), createAuthor(client++).type(name), local));
}

describe('backups of a store that goes back', () => {
  it('S111: a directory that was put back, and has grown beyond the last part, is told whole', async () => {
    await withScene(async ({ directory, run, keep, putBack }) => {
      await run(['base'], false);
      await keep();
      await run(['x1', 'x2']);
      await putBack();
      expect(await run(['y1', 'y2', 'y3'])).toMatchObject({
        whole: 'OTHER_HISTORY',
        part: { since: 0, records: 4 },
      });
      // And goes on from there.
      expect(await run(['y4'])).toMatchObject({ whole: null, part: { since: 4, records: 1 } });
      expect(Object.keys(await restoredTexts(directory))).toEqual(['base', 'y1', 'y2', 'y3', 'y4']);
    });
  });

  it('S111: so is one that was put back to what it had been while it ran', async () => {
    await withScene(async ({ directory, options, run, keep, putBack }) => {
      const store = await openedNode(options);
      await typed(store, ['base']);
      await keep();
      await typed(store, ['x1']);
      await backUp(store, directory);
      await store.close();
      await putBack();
      await rm(join(options.directory, 'store.lock'), { force: true });
      expect(await run(['y1', 'y2'])).toMatchObject({ whole: 'OTHER_HISTORY', part: { records: 3 } });
      expect(Object.keys(await restoredTexts(directory))).toEqual(['base', 'y1', 'y2']);
    });
  });

  it('S111: what was put back to a moment after the last part goes on from that', async () => {
    await withScene(async ({ directory, run, keep, putBack }) => {
      await run(['base']);
      await keep();
      await run(['x1'], false);
      await putBack();
      expect(await run(['y1'])).toMatchObject({ whole: null, part: { since: 1, records: 1 } });
      expect(Object.keys(await restoredTexts(directory))).toEqual(['base', 'y1']);
    });
  });

  it('S111: restarts are no reason to tell everything', async () => {
    await withScene(async ({ run }) => {
      await run(['base']);
      for (let start = 0; start < 5; start++) await run([], false);
      expect(await run(['a'])).toMatchObject({ whole: null, part: { since: 1, records: 1 } });
    });
  });

  it('S111: a stopped store and the same one as it runs go on from one another', async () => {
    await withScene(async ({ directory, options, run }) => {
      await run(['base'], false);
      const view = async (): Promise<BackupWritten> => {
        const { store, close } = unwrap(await openStoreView(options));
        return backUp(store, directory).finally(close);
      };
      expect(await view()).toMatchObject({ part: { records: 1 } });
      expect(await run(['a'])).toMatchObject({ whole: null, part: { since: 1, records: 1 } });
      await run(['b'], false);
      expect(await view()).toMatchObject({ whole: null, part: { since: 2, records: 1 } });
    });
  });

  it('S111: a part that does not say from which start it is is followed by everything', async () => {
    await withScene(async ({ directory, run }) => {
      await run(['base']);
      const backup = join(directory, 'backup');
      const manifest = await readManifest(backup);
      const parts = (manifest?.parts ?? []).map(({ start: _, ...part }) => part);
      await writeManifest(backup, { format: 1, cluster: 'test', parts });
      expect(await run(['a'])).toMatchObject({
        whole: 'START_UNKNOWN',
        part: { since: 0, records: 2 },
        parts: 2,
      });
      expect(await run(['b'])).toMatchObject({ whole: null, part: { since: 2, records: 1 } });
    });
  });
});
