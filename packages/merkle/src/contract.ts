import { describe, expect, it } from 'vitest';
import { entries, readRoot, verifyIndex } from './index-read.ts';
import { memoryNodes } from './memory-nodes.ts';
import type { NodeStore } from './node-store.ts';
import { apply, testDigest, testKey } from './testing.ts';

/** Makes the node stores that a contract suite is run on. */
export interface NodeStoreFactory {
  /** An empty one. */
  create(): Promise<NodeStore>;
  /** The same one after a restart of the process; left out by stores that do not survive it. */
  reopen?(store: NodeStore): Promise<NodeStore>;
}

/** What every node store has to do. */
export function nodeStoreContract(name: string, { create, reopen }: NodeStoreFactory): void {
  describe(`node store: ${name}`, () => {
    it('M12: gives undefined for what was never written', async () => {
      expect(await (await create()).get('a')).toBeUndefined();
    });

    it('M12: gives what was written last, also at the root and at paths that begin alike', async () => {
      const store = await create();
      const [a, b, c] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
      await store.write(
        new Map([
          ['', a],
          ['0', b],
          ['00', c],
        ]),
      );
      expect(await store.get('')).toEqual(a);
      expect(await store.get('0')).toEqual(b);
      expect(await store.get('00')).toEqual(c);
      await store.write(new Map([['0', a]]));
      expect(await store.get('0')).toEqual(a);
      expect(await store.get('00')).toEqual(c);
    });

    it('M12: forgets what was deleted, in the same batch that writes others', async () => {
      const store = await create();
      await store.write(new Map([['f', Uint8Array.of(1)]]));
      await store.write(
        new Map([
          ['f', null],
          ['f0', Uint8Array.of(2)],
        ]),
      );
      expect(await store.get('f')).toBeUndefined();
      expect(await store.get('f0')).toEqual(Uint8Array.of(2));
    });

    it('M2, M12: holds the one index that its content has, through splits, merges and restarts', async () => {
      let store = await create();
      const other = memoryNodes();
      const all = Array.from({ length: 2000 }, (_, n) => [testKey(n), testDigest(n)] as const);
      for (let start = 0; start < all.length; start += 300) await apply(store, all.slice(start, start + 300));
      if (reopen !== undefined) store = await reopen(store);
      await apply(
        store,
        all.slice(40).map(([key]) => [key, null]),
      );
      await apply(store, all.slice(100, 1000));
      if (reopen !== undefined) store = await reopen(store);
      await apply(other, [...all.slice(0, 40), ...all.slice(100, 1000)]);
      expect(await verifyIndex(store)).toEqual(await readRoot(other));
      expect(await listEntries(store)).toEqual(await listEntries(other));
    });
  });
}

async function listEntries(store: NodeStore): Promise<unknown[]> {
  const listed: unknown[] = [];
  for await (const entry of entries(store)) listed.push(entry);
  return listed;
}
