import { ByteWriter, concat } from '@hearsay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entries, lookup, verifyIndex } from './index-read.ts';
import { updateIndex } from './index-update.ts';
import { leafOf, packEntries } from './leaf.ts';
import { DamagedNodeError, type IndexNode, leafCapacity, nodeCount, nodeDigest } from './node.ts';
import { decodeNode } from './node-codec.ts';
import type { NodeReader } from './node-store.ts';
import { indexOf, testContent, testDigest, testKey } from './testing.ts';

const key = testKey(7);
const content = testContent(1000);

/** An inner node of so many entries below each child. */
function innerBytes(...counts: readonly number[]): Uint8Array {
  const writer = new ByteWriter().byte(0xff);
  const bitmap = (1 << counts.length) - 1;
  writer.byte(bitmap >>> 8).byte(bitmap & 0xff);
  for (const count of counts) writer.varUint(count);
  for (const _ of counts) writer.bytes(new Uint8Array(16).fill(7));
  return writer.finish();
}

async function readAll(store: NodeReader): Promise<void> {
  for await (const entry of entries(store)) expect(entry.key).toHaveLength(32);
}

async function thrown(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('stored nodes', () => {
  const two = packEntries([
    { key: 'a1'.padEnd(32, '0') as typeof key, digest: testDigest(1) },
    { key: 'a2'.padEnd(32, '0') as typeof key, digest: testDigest(2) },
  ]);
  const leaf = leafOf('a', two).encoded;
  const swapped = concat(leaf.subarray(0, 1), leaf.subarray(33), leaf.subarray(1, 33));
  const inner = innerBytes(leafCapacity, 1);

  it('M10: what is well-formed decodes', () => {
    expect(nodeCount(decodeNode('a', leaf))).toBe(2);
    expect(nodeCount(decodeNode('', leaf))).toBe(2);
    expect(nodeCount(decodeNode('a', inner))).toBe(leafCapacity + 1);
  });

  it.each<[string, string, Uint8Array]>([
    ['nothing', 'a', new Uint8Array(0)],
    ['a cut leaf', 'a', leaf.subarray(0, -1)],
    ['a leaf and a byte', 'a', concat(leaf, Uint8Array.of(0))],
    ['a leaf without entries', 'a', Uint8Array.of(0)],
    [
      'a leaf of too many entries',
      'a',
      concat(Uint8Array.of(leafCapacity + 1), new Uint8Array(32 * (leafCapacity + 1))),
    ],
    ['keys out of order', 'a', swapped],
    ['a key twice', 'a', concat(leaf.subarray(0, 33), leaf.subarray(1, 33))],
    ['keys of another path', 'b', leaf],
    ['a cut inner node', 'a', inner.subarray(0, -1)],
    ['an inner node and a byte', 'a', concat(inner, Uint8Array.of(0))],
    ['an inner node where a leaf would do', 'a', innerBytes(leafCapacity)],
    ['a child without entries', 'a', innerBytes(leafCapacity + 1, 0)],
    ['an inner node too deep', 'a'.repeat(31), inner],
  ])('M10: %s is damage', (_, path, bytes) => {
    expect(() => decodeNode(path, bytes)).toThrow(DamagedNodeError);
    expect(() => decodeNode(path, bytes)).toThrow(`"${path}"`);
  });

  it('M10: any bytes are a node or damage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom('', 'a', 'ab'), (bytes, path) => {
        let node: IndexNode | undefined;
        try {
          node = decodeNode(path, bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DamagedNodeError);
        }
        if (node !== undefined) expect(node.encoded).toEqual(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['update', 'lookup', 'entries', 'verify'])(
    'M10: a node that is damaged or missing is named by %s',
    async (how) => {
      const path = key.slice(0, 2);
      const whole = await indexOf(content);
      const node = await whole.get(path);
      if (node === undefined) throw new Error(`there is no node "${path}"`);
      const other = await (await indexOf(content.slice(1, 500))).get(path);
      for (const damaged of [null, node.subarray(0, -1), other ?? null]) {
        const store = await indexOf(content);
        await store.write(new Map([[path, damaged]]));
        const reads: Record<string, () => Promise<unknown>> = {
          update: () => updateIndex(store, new Map([[key, null]])),
          lookup: () => lookup(store, key),
          entries: () => readAll(store),
          verify: () => verifyIndex(store),
        };
        const error = await thrown(reads[how]?.() ?? Promise.resolve());
        expect(error).toBeInstanceOf(DamagedNodeError);
        expect(error).toMatchObject({ code: 'INDEX_DAMAGED', path });
      }
    },
  );

  it('M10: a digest that changed on disk is found by verifying', async () => {
    const store = await indexOf(content);
    const path = key.slice(0, 2);
    const node = (await store.get(path))?.slice();
    if (node === undefined) throw new Error(`there is no node "${path}"`);
    node[node.byteLength - 1] = (node.at(-1) ?? 0) ^ 1;
    await store.write(new Map([[path, node]]));
    expect(await thrown(verifyIndex(store))).toMatchObject({ code: 'INDEX_DAMAGED', path });
  });

  it('M5: a leaf and an inner node of the same bytes have different digests', () => {
    const encoded = Uint8Array.from({ length: 256 }, (_, n) => n + 1);
    const asLeaf = nodeDigest({ kind: 'leaf', encoded });
    expect(asLeaf).not.toEqual(nodeDigest({ kind: 'inner', encoded, counts: [] }));
  });
});
