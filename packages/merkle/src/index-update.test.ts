import type { Digest, DocumentKey } from '@hearsay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entries, lookup, readRoot, verifyIndex } from './index-read.ts';
import { updateIndex } from './index-update.ts';
import { memoryNodes } from './memory-nodes.ts';
import { leafCapacity } from './node.ts';
import type { NodePath, NodeReader } from './node-store.ts';
import {
  anyChange,
  anyHistory,
  anyKey,
  apply,
  deepKey,
  indexOf,
  type TestChange,
  testContent,
  testDigest,
  testKey,
} from './testing.ts';

function settle(history: readonly (readonly TestChange[])[]): Map<DocumentKey, Digest> {
  const model = new Map<DocumentKey, Digest>();
  for (const [key, digest] of history.flat()) {
    if (digest === null) model.delete(key);
    else model.set(key, digest);
  }
  return model;
}

/** The nodes that are stored after a history, by path. */
async function play(history: readonly (readonly TestChange[])[]): Promise<Map<NodePath, Uint8Array>> {
  const nodes = new Map<NodePath, Uint8Array>();
  for (const batch of history) await apply(memoryNodes(nodes), batch);
  return nodes;
}

async function listed(store: NodeReader, prefix: NodePath = ''): Promise<[DocumentKey, Digest][]> {
  const list: [DocumentKey, Digest][] = [];
  for await (const { key, digest } of entries(store, prefix)) list.push([key, digest]);
  return list;
}

function sorted(model: ReadonlyMap<DocumentKey, Digest>): [DocumentKey, Digest][] {
  return [...model].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Counts what is read. */
function watched(store: NodeReader): NodeReader & { readonly paths: NodePath[] } {
  const paths: NodePath[] = [];
  return {
    paths,
    get: (path) => {
      paths.push(path);
      return store.get(path);
    },
  };
}

describe('index', () => {
  it('M1: behaves as a map', async () => {
    await fc.assert(
      fc.asyncProperty(anyHistory, anyKey, fc.nat({ max: 32 }), async (history, key, digits) => {
        const model = settle(history);
        const store = memoryNodes(await play(history));
        expect(await listed(store)).toEqual(sorted(model));
        const prefix = key.slice(0, Math.min(digits, 31));
        expect(await listed(store, prefix)).toEqual(sorted(model).filter(([k]) => k.startsWith(prefix)));
        for (const [k] of history.flat()) expect(await lookup(store, k)).toBe(model.get(k));
        expect(await lookup(store, key)).toBe(model.get(key));
        expect((await readRoot(store)).count).toBe(model.size);
      }),
      { numRuns: 100 },
    );
  });

  it('M2: is one tree for one content, whatever the history', async () => {
    await fc.assert(
      fc.asyncProperty(anyHistory, fc.infiniteStream(fc.nat()), async (history, draws) => {
        const nodes = await play(history);
        const shuffled = [...settle(history)]
          .map((entry) => ({ entry, at: draws.next().value ?? 0 }))
          .sort((a, b) => a.at - b.at)
          .map(({ entry }) => entry);
        const atOnce = await play([shuffled]);
        expect(nodes).toEqual(atOnce);
        expect(await play(shuffled.map((entry) => [entry]))).toEqual(atOnce);
        expect(await verifyIndex(memoryNodes(nodes))).toEqual(await readRoot(memoryNodes(atOnce)));
      }),
      { numRuns: 100 },
    );
  });

  it('M2: is nothing again when everything is removed', async () => {
    const content = testContent(3000);
    const nodes = await play([content, content.map(([key]) => [key, null])]);
    expect(nodes).toEqual(new Map());
  });

  it('M3: any change of content changes the root', async () => {
    await fc.assert(
      fc.asyncProperty(anyHistory, anyChange, async (history, [key, digest]) => {
        const store = memoryNodes(await play(history));
        const before = await readRoot(store);
        const known = (await lookup(store, key)) ?? null;
        const after = await apply(store, [[key, digest]]);
        expect(after).toEqual(await readRoot(store));
        expect(after.digest === before.digest).toBe(known === digest);
      }),
    );
  });

  // Peers of other releases compute the same ones; a change here is a change of the protocol.
  it.each([
    [0, '00000000000000000000000000000000'],
    [1, '72d61b12ac6cacde8f6216fc71b363a1'],
    [24, '7e5e48ff7efae22d7756497be61e04c1'],
    [25, '2a991f77694ccc87f695d568114d64f9'],
    [1000, '52256e620ff542fa19b29fc86332a47c'],
  ])('M4: the root of %i known entries', async (count, digest) => {
    expect(await readRoot(await indexOf(testContent(count)))).toEqual({ count, digest });
  });

  it('M11: reads and writes nothing but the paths of its changes', async () => {
    const store = await indexOf(testContent(5000));
    const reader = watched(store);
    const { writes } = await updateIndex(reader, new Map([[testKey(42), testDigest('other')]]));
    expect(writes.size).toBeGreaterThan(2);
    expect(reader.paths).toEqual([...writes.keys()].sort());
    for (const path of writes.keys()) expect(testKey(42).startsWith(path)).toBe(true);
  });

  it('M11: reads and writes each node once for all changes of a batch', async () => {
    const store = await indexOf(testContent(5000));
    const reader = watched(store);
    const batch = testContent(1000).map(([key]) => [key, testDigest('other')] as const);
    const { writes } = await updateIndex(reader, new Map(batch));
    expect(new Set(reader.paths).size).toBe(reader.paths.length);
    expect(reader.paths.sort()).toEqual([...writes.keys()].sort());
  });

  it('M11: writes nothing when nothing changes', async () => {
    const store = await indexOf(testContent(5000));
    const before = await readRoot(store);
    const same: TestChange[] = [...testContent(100), [testKey(999_999), null]];
    const { writes, root } = await updateIndex(store, new Map(same));
    expect(writes.size).toBe(0);
    expect(root).toEqual(before);
  });

  it('M11: reads siblings only where they become one leaf', async () => {
    const content = Array.from(
      { length: leafCapacity + 2 },
      (_, n) => [deepKey(n * 16), testDigest(n)] as const,
    );
    const nodes = await play([content]);
    const store = memoryNodes(nodes);
    for (const [index, siblings] of [false, true].entries()) {
      const reader = watched(store);
      const removed = deepKey(index * 16);
      const { writes } = await updateIndex(reader, new Map([[removed, null]]));
      expect(reader.paths.some((path) => !removed.startsWith(path))).toBe(siblings);
      await store.write(writes);
    }
    expect(nodes.size).toBe(1);
  });
});
