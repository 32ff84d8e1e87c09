import type { Digest, DocumentKey } from '@hearsay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entries, lookup, readRoot } from './index-read.ts';
import { updateIndex } from './index-update.ts';
import { memoryNodes } from './memory-nodes.ts';
import { DamagedNodeError, leafCapacity, nodeDigest } from './node.ts';
import type { NodeStore } from './node-store.ts';
import { apply, indexOf, testDigest, testKey } from './testing.ts';

/** Few keys, so that deletions and re-insertions meet; enough to split and collapse nodes many times. */
const key = fc.nat({ max: 80 }).map(testKey);
const clustered = fc
  .nat({ max: 40 })
  .map((n) => `${'0'.repeat(28)}${n.toString(16).padStart(4, '0')}` as DocumentKey);
const digest = fc.nat({ max: 5 }).map(testDigest);
const change = fc.tuple(fc.oneof(key, clustered), fc.option(digest, { freq: 2 }));
const batches = fc.array(fc.array(change, { maxLength: 60 }), { maxLength: 8 });

async function dump(store: NodeStore, path = ''): Promise<string[]> {
  const node = await store.get(path);
  if (node === undefined) return [];
  const below = await Promise.all([...'0123456789abcdef'].map((digit) => dump(store, path + digit)));
  return [`${path}: ${Buffer.from(node).toString('hex')}`, ...below.flat()];
}

function settle(
  history: readonly (readonly (readonly [DocumentKey, Digest | null])[])[],
): Map<DocumentKey, Digest> {
  const model = new Map<DocumentKey, Digest>();
  for (const [k, d] of history.flat()) {
    if (d === null) model.delete(k);
    else model.set(k, d);
  }
  return model;
}

async function play(
  history: readonly (readonly (readonly [DocumentKey, Digest | null])[])[],
): Promise<NodeStore> {
  const store = memoryNodes();
  for (const batch of history) await apply(store, batch);
  return store;
}

describe('index', () => {
  it('M1, M2: is a map, and one tree for one content', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (history) => {
        const model = settle(history);
        const store = await play(history);
        const listed: [DocumentKey, Digest][] = [];
        for await (const entry of entries(store)) listed.push([entry.key, entry.digest]);
        expect(listed).toEqual([...model].sort(([a], [b]) => (a < b ? -1 : 1)));
        for (const [k] of history.flat()) expect(await lookup(store, k)).toBe(model.get(k));
        expect((await readRoot(store)).count).toBe(model.size);
        const fresh = await indexOf([...model].reverse());
        expect(await readRoot(store)).toEqual(await readRoot(fresh));
        expect(await dump(store)).toEqual(await dump(fresh));
      }),
      { numRuns: 150 },
    );
  });

  it('M3: any change of content changes the root', async () => {
    await fc.assert(
      fc.asyncProperty(batches, change, async (history, [k, d]) => {
        const store = await play(history);
        const before = await readRoot(store);
        const known = (await lookup(store, k)) ?? null;
        const after = await apply(store, [[k, d]]);
        expect(after.digest === before.digest).toBe(known === d);
      }),
    );
  });

  it('M4: golden roots', async () => {
    const roots: string[] = [];
    for (const count of [0, 1, leafCapacity, leafCapacity + 1, 1000]) {
      const content = Array.from({ length: count }, (_, n) => [testKey(n), testDigest(n)] as const);
      roots.push((await readRoot(await indexOf(content))).digest);
    }
    expect(roots).toEqual(GOLDEN);
  });

  it('M5: a leaf whose bytes are those of an inner node has another digest', () => {
    const encoded = Uint8Array.from({ length: 256 }, (_, n) => n + 1);
    const leaf = nodeDigest({ kind: 'leaf', encoded });
    expect(leaf).not.toEqual(nodeDigest({ kind: 'inner', encoded, counts: [] }));
  });

  it('M10: a damaged node is named', async () => {
    const store = await indexOf(Array.from({ length: 100 }, (_, n) => [testKey(n), testDigest(n)] as const));
    const path = testKey(7).slice(0, 1);
    const good = await store.get(path);
    if (good === undefined) throw new Error('no node there');
    for (const bad of [good.subarray(0, -1), Uint8Array.of(...good, 0), Uint8Array.of(9), Uint8Array.of()]) {
      await store.write(new Map([[path, bad]]));
      const error = await updateIndex(store, new Map([[testKey(7), null]])).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(DamagedNodeError);
      expect(error).toMatchObject({ code: 'INDEX_DAMAGED', path });
    }
  });

  it('M11: touches nothing but the paths of its changes', async () => {
    const content = Array.from({ length: 5000 }, (_, n) => [testKey(n), testDigest(n)] as const);
    const store = await indexOf(content);
    const { writes } = await updateIndex(store, new Map([[testKey(42), testDigest('other')]]));
    for (const path of writes.keys()) expect(testKey(42).startsWith(path)).toBe(true);
    expect(writes.size).toBeGreaterThan(2);
    expect((await updateIndex(store, new Map([[testKey(42), testDigest(42)]]))).writes.size).toBe(0);
    expect((await updateIndex(store, new Map([[testKey(999_999), null]]))).writes.size).toBe(0);
  });
});

/** Of 0, 1, a full leaf, one entry more, and 1000 test entries. Peers of other releases compute the same ones. */
const GOLDEN = [
  '00000000000000000000000000000000',
  '72d61b12ac6cacde8f6216fc71b363a1',
  '0ed8d04f4e9a33c6a12987bb8e15f0b8',
  'c594b14c1270b06b1f372e3f61c115f9',
  '52256e620ff542fa19b29fc86332a47c',
];
