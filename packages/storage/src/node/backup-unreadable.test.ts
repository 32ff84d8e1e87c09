import { join } from 'node:path';
import { documentKey } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../contract/fixture.ts';
import type { DatabaseFactory } from '../database.ts';
import { documentKeyBytes, tailKey } from '../keys.ts';
import type { DocumentStore } from '../store-types.ts';
import { createAuthor } from '../testing/author.ts';
import { backUp, restoredTexts, textIn } from '../testing/backups.ts';
import { nodeOptions, openedNode, withDirectory } from '../testing/directories.ts';
import { ioError } from '../testing/faulty-database.ts';
import { idOf, local } from '../testing/stores.ts';
import { writeBackup } from './write-backup.ts';

interface BadMoment {
  /** So many reads of the first update of document `a` will fail. */
  failures: number;
}

function withBadMoments(moment: BadMoment): (factory: DatabaseFactory) => DatabaseFactory {
  const wanted = Buffer.from(tailKey(documentKeyBytes(documentKey(idOf('a'))), 1));
  return (factory) => (options) =>
    new Proxy(factory(options), {
      get(target, property) {
        const member: unknown = Reflect.get(target, property, target);
        if (typeof member !== 'function') return member;
        if (property !== 'getMany' && property !== 'get') return member.bind(target);
        return async (first: Uint8Array | Uint8Array[], ...rest: unknown[]) => {
          const keys = Array.isArray(first) ? first : [first];
          if (moment.failures > 0 && keys.some((key) => wanted.equals(key))) {
            moment.failures--;
            throw ioError();
          }
          return Reflect.apply(member, target, [first, ...rest]);
        };
      },
    });
}

interface Scene {
  readonly directory: string;
  readonly store: DocumentStore;
  readonly disk: BadMoment;
}

/** A store of the documents `b` and `a`, in this order. */
async function withScene(run: (scene: Scene) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    const disk: BadMoment = { failures: 0 };
    const store = await openedNode(nodeOptions(directory, { wrapDatabase: withBadMoments(disk) }));
    for (const [at, name] of ['b', 'a'].entries()) await typed(store, name, at + 1);
    await run({ directory, store, disk });
    await store.close();
  });
}

async function typed(store: DocumentStore, name: string, client: number): Promise<void> {
  unwrap(await store.submit(idOf(name), createAuthor(client).type(`text of ${name}`), local));
}

describe('backups of a disk with bad moments', () => {
  it('S59: a document that could not be read once is told all the same', async () => {
    await withScene(async ({ directory, store, disk }) => {
      // The records together, and then one by one.
      disk.failures = 2;
      const first = await backUp(store, directory);
      expect([disk.failures, first.damaged, first.part?.records]).toEqual([0, [], 2]);
      await typed(store, 'c', 3);
      expect(await backUp(store, directory)).toMatchObject({ damaged: [], parts: 2 });
      expect(Object.keys(await restoredTexts(directory))).toEqual(['a', 'b', 'c']);
    });
  });

  it('S59: one that cannot be read for longer is named, and is in the first part after it can be', async () => {
    await withScene(async ({ directory, store, disk }) => {
      disk.failures = 100;
      const named = [{ id: idOf('a'), reason: 'UNREADABLE' }];
      expect((await backUp(store, directory)).damaged).toMatchObject(named);
      expect((await backUp(store, directory)).damaged).toMatchObject(named);
      disk.failures = 0;
      expect(await store.salvage(idOf('a'))).toBe(true);
      expect(await backUp(store, directory)).toMatchObject({ damaged: [], part: { records: 1 } });
      expect(await restoredTexts(directory)).toEqual({ a: 'text of a', b: 'text of b' });
    });
  });

  it('S59: one that somebody else found damaged while the part was made is named too', async () => {
    await withScene(async ({ directory, store, disk }) => {
      const begun = store.backup();
      async function* source(): AsyncGenerator<Uint8Array> {
        let chunks = 0;
        for await (const chunk of begun) {
          // After the line of text, the beginning and document `b`.
          if (++chunks === 3) {
            disk.failures = 2;
            expect(await textIn(store, 'a')).toBe('DOCUMENT_DAMAGED');
          }
          yield chunk;
        }
      }
      const { damaged } = unwrap(
        await writeBackup({ directory: join(directory, 'backup'), source: () => source() }),
      );
      expect(damaged).toMatchObject([{ id: idOf('a'), reason: 'UNREADABLE' }]);
    });
  });
});
