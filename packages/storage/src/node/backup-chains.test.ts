import { documentKey, msToHybridTime } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../contract/fixture.ts';
import { documentKeyBytes, tailKey } from '../keys.ts';
import type { DocumentStore } from '../store-types.ts';
import { createAuthor } from '../testing/author.ts';
import { backUp, restoredTexts, textIn } from '../testing/backups.ts';
import { nodeOptions, openedNode, withDirectory } from '../testing/directories.ts';
import { idOf, local, memoryOptions, opened, peerId } from '../testing/stores.ts';
import { classicDatabase } from './open-node-store.ts';

const day = 86_400_000;
const key = documentKey(idOf('a'));

async function typed(store: DocumentStore, name: string, client: number, text: string): Promise<void> {
  unwrap(await store.submit(idOf(name), createAuthor(client).type(text), local));
}

/** Flips a bit of one update of document `a`. */
async function damageUpdate(options: ReturnType<typeof nodeOptions>, sequence: number): Promise<void> {
  const disk = classicDatabase(`${options.directory}/db`)({ create: false });
  await disk.open();
  const record = tailKey(documentKeyBytes(key), sequence);
  const value = (await disk.get(record))?.slice() ?? new Uint8Array(9);
  const middle = value.byteLength >> 1;
  value[middle] = (value[middle] ?? 0) ^ 4;
  await disk.put(record, value);
  await disk.close();
}

describe('backups in several parts', () => {
  it('S110: a document that was salvaged between two parts is restored as it was left', async () => {
    await withDirectory(async (directory) => {
      const options = nodeOptions(directory);
      let store = await openedNode(options);
      await typed(store, 'a', 1, 'one');
      await typed(store, 'a', 2, 'two');
      await typed(store, 'other', 3, 'precious');
      await backUp(store, directory);
      await store.close();
      await damageUpdate(options, 2);
      store = await openedNode(options);
      expect(await textIn(store, 'a')).toBe('DOCUMENT_DAMAGED');
      expect(await store.salvage(idOf('a'))).toBe(true);
      const { part, damaged } = await backUp(store, directory);
      expect([(part?.since ?? 0) > 0, damaged]).toEqual([true, []]);
      await store.close();
      expect(await restoredTexts(directory)).toEqual({ a: 'one', other: 'precious' });
    });
  });

  it('S110: so is one that was healed by a peer that had less', async () => {
    await withDirectory(async (directory) => {
      const options = nodeOptions(directory);
      let store = await openedNode(options);
      const peer = await opened(memoryOptions());
      const author = createAuthor(1);
      const first = author.type('one');
      for (const one of [store, peer]) unwrap(await one.submit(idOf('a'), first, local));
      unwrap(await store.submit(idOf('a'), author.type('two'), local));
      await backUp(store, directory);
      await store.close();
      await damageUpdate(options, 2);
      store = await openedNode(options);
      expect(await textIn(store, 'a')).toBe('DOCUMENT_DAMAGED');
      const [described] = await store.describe([key]);
      if (described === undefined) throw new Error('not described');
      const { changes } = await peer.difference(described);
      await store.receive(changes, peer.identity.replicaId, { complete: [key] });
      expect(await textIn(store, 'a')).toBe('one');
      const { part } = await backUp(store, directory);
      expect((part?.since ?? 0) > 0).toBe(true);
      await Promise.all([store.close(), peer.close()]);
      expect(await restoredTexts(directory)).toEqual({ a: 'one' });
    });
  });

  it.each([
    ['and nothing of that was told', false],
    ['and all of that was told', true],
  ])('S110: so is a name that was deleted, rested and was created anew, %s', async (_, isTold) => {
    await withDirectory(async (directory) => {
      let now = Date.UTC(2026, 0, 1);
      const given = { clock: { now: () => now }, certificateMs: 30 * day };
      const store = await openedNode(nodeOptions(directory, given));
      await typed(store, 'a', 1, 'old');
      await typed(store, 'other', 3, 'precious');
      await backUp(store, directory);
      unwrap(await store.deleteDocument(idOf('a'), msToHybridTime(now), peerId(9)));
      if (isTold) await backUp(store, directory);
      now += 31 * day;
      const rest = await store.restCertificates({ isKeptHere: () => true, forgetMs: 180 * day });
      expect(rest).toMatchObject({ rested: 1 });
      if (isTold) await backUp(store, directory);
      await typed(store, 'a', 2, 'new');
      const { part, parts } = await backUp(store, directory);
      expect([(part?.since ?? 0) > 0, parts]).toEqual([true, isTold ? 4 : 2]);
      await store.close();
      expect(await restoredTexts(directory, given)).toEqual({ a: 'new', other: 'precious' });
    });
  });
});
