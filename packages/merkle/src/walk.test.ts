import type { Digest, DocumentKey } from '@hearsay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lookup } from './index-read.ts';
import { memoryNodes } from './memory-nodes.ts';
import { leafCapacity } from './node.ts';
import type { NodeReader } from './node-store.ts';
import {
  anyChange,
  anyDigest,
  anyKey,
  apply,
  deepKey,
  indexOf,
  mapDifferences,
  testContent,
  testDigest,
  testKey,
  walk,
} from './testing.ts';

const someContent = fc.array(fc.tuple(fc.oneof(anyKey, fc.nat({ max: 2000 }).map(testKey)), anyDigest), {
  maxLength: 300,
});

/** What both have, and what each has of its own: from alike to strangers. */
const twoContents = fc
  .tuple(someContent, someContent, someContent, fc.nat({ max: 3 }))
  .map(([shared, mine, theirs, shift]) => ({
    mine: new Map([...shared, ...mine.slice(0, mine.length >> (4 * shift))]),
    theirs: new Map([...shared, ...theirs.slice(0, theirs.length >> (2 * shift))]),
  }));

describe('walk', () => {
  it('M6: finds exactly the differences, whatever fits a question or an answer', async () => {
    await fc.assert(
      fc.asyncProperty(
        twoContents,
        fc.constantFrom(1, 600, 5000, 1_000_000),
        fc.constantFrom(1, 3, 512),
        async ({ mine, theirs }, maxBytes, pathsAtOnce) => {
          const report = await walk(await indexOf(mine), await indexOf(theirs), maxBytes, pathsAtOnce);
          expect(report.differences).toEqual(mapDifferences(mine, theirs));
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each([
    ['nothing', 3000, 0],
    ['one leaf', 3000, leafCapacity],
    ['a leaf where there is an inner node', leafCapacity + 1, leafCapacity],
    ['a few deep entries', 3000, 3],
  ])('M6: between much and %s, both ways', async (_, many, few) => {
    const large = new Map(testContent(many));
    const small = new Map(Array.from({ length: few }, (_, n) => [deepKey(n), testDigest(n)] as const));
    const [a, b] = [await indexOf(large), await indexOf(small)];
    expect((await walk(a, b, 20_000)).differences).toEqual(mapDifferences(large, small));
    expect((await walk(b, a, 20_000)).differences).toEqual(mapDifferences(small, large));
  });

  it('M6: equal indexes are known to be equal after one question', async () => {
    const [a, b] = [await indexOf(testContent(5000)), await indexOf(testContent(5000))];
    expect(await walk(a, b, 20_000)).toMatchObject({ differences: [], roundTrips: 1 });
  });

  it('M7: a leaf here is compared with the children of an inner node there', async () => {
    const key = (n: number): DocumentKey =>
      `a${n.toString(16).padStart(2, '0')}`.padEnd(32, 'f') as DocumentKey;
    const below = Array.from({ length: leafCapacity + 1 }, (_, n) => [key(n * 10), testDigest(n)] as const);
    const around = testContent(60).filter(([key]) => !key.startsWith('a'));
    const [a, b] = [await indexOf([...around, ...below.slice(1)]), await indexOf([...around, ...below])];
    const report = await walk(a, b, 20_000);
    expect(report.differences).toHaveLength(1);
    // Both roots' children once, those of "a" once, and the one leaf below it that differs: not all 25 entries.
    expect(report.bytes).toBeLessThan(leafCapacity * 32);
  });

  it('M6: differences that stand still are found while others come and go on both sides', async () => {
    await fc.assert(
      fc.asyncProperty(
        twoContents,
        fc.array(fc.array(anyChange, { maxLength: 20 }), { minLength: 1, maxLength: 20 }),
        async ({ mine, theirs }, busy) => {
          const moving = new Set(busy.flat().map(([key]) => key));
          const [a, b] = [await indexOf(mine), await indexOf(theirs)];
          let turn = 0;
          const report = await walk(a, b, 3000, 8, async () => {
            const changes = busy[turn] ?? [];
            await apply(turn++ % 2 === 0 ? a : b, changes);
          });
          const still = report.differences.filter(({ key }) => !moving.has(key));
          const expected = mapDifferences(mine, theirs).filter(({ key }) => !moving.has(key));
          expect(still).toEqual(expected);
        },
      ),
      { numRuns: 100 },
    );
  });

  it.each([
    [1, 1400, 3],
    [100, 1024, 3],
    [1000, 600, 5],
  ])(
    'M7: %i scattered differences among 100,000 documents: at most %i bytes each',
    async (count, bytes, trips) => {
      const { mine, theirs } = await apart(100_000, count);
      const report = await walk(mine, theirs, 256 * 1024);
      expect(report.differences).toHaveLength(count);
      expect(report.bytes / count).toBeLessThanOrEqual(bytes);
      expect(report.roundTrips).toBeLessThanOrEqual(trips);
    },
  );

  it('M7: what one side has and the other lacks costs no more than a few times its keys and digests', async () => {
    const all = await indexOf(testContent(20_000));
    const report = await walk(memoryNodes(), all, 256 * 1024);
    expect(report.differences).toHaveLength(20_000);
    expect(report.bytes / 20_000).toBeLessThanOrEqual(50);
    const other = await walk(all, memoryNodes(), 256 * 1024);
    expect(other.bytes / 20_000).toBeLessThanOrEqual(5);
  });
});

describe('restricted index', () => {
  it('M6: of the documents that an interest names, two replicas find the differences in that', async () => {
    const of = (n: number): boolean => n % 3 === 0;
    const mine = new Map(testContent(300).filter((_, n) => of(n)));
    const theirs = new Map(testContent(330).filter((_, n) => of(n) && n > 20));
    const [a, b] = [await indexOf(mine), await indexOf(theirs)];
    const { differences } = await walk(a, b, 20_000);
    expect(differences).toEqual(mapDifferences(mine, theirs));
    for (const { key, mine: digest } of differences) expect((await lookup(a, key)) ?? null).toBe(digest);
  });
});

let hundredThousand: Promise<Map<string, Uint8Array>> | undefined;

/** Two indexes of so many documents, with other digests for some; the large one is built once. */
async function apart(
  documents: number,
  differences: number,
): Promise<{ mine: NodeReader; theirs: NodeReader }> {
  hundredThousand ??= (async () => {
    const nodes = new Map<string, Uint8Array>();
    await apply(memoryNodes(nodes), testContent(documents));
    return nodes;
  })();
  const nodes = await hundredThousand;
  const theirs = memoryNodes(new Map(nodes));
  const changes = Array.from({ length: differences }, (_, n): [DocumentKey, Digest] => [
    testKey((n * 997) % documents),
    testDigest(`changed ${n}`),
  ]);
  await apply(theirs, changes);
  return { mine: memoryNodes(nodes), theirs };
}
