import type { Digest, DocumentKey } from '@hearsay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeStoreContract } from './contract.ts';
import { memoryNodes } from './memory-nodes.ts';
import { apply, indexOf, testDigest, testKey, walk } from './testing.ts';
import { answerWalk } from './walk-answer.ts';
import { compareWalk, questionWalk } from './walk-ask.ts';
import { decodeWalkAnswer, decodeWalkQuestion, encodeWalkAnswer, encodeWalkQuestion } from './walk-codec.ts';
import type { WalkAnswer } from './walk-messages.ts';

nodeStoreContract('memory', async () => memoryNodes());

const content = fc.array(fc.tuple(fc.nat({ max: 400 }).map(testKey), fc.nat({ max: 3 }).map(testDigest)), {
  maxLength: 300,
});
/** Mostly alike: what both have, and what each has of its own. */
const pair = fc.tuple(content, content, content).map(([shared, mine, theirs]) => ({
  mine: new Map([...shared, ...mine.slice(0, mine.length >> 2)]),
  theirs: new Map([...shared, ...theirs]),
}));

function expected(mine: Map<DocumentKey, Digest>, theirs: Map<DocumentKey, Digest>): unknown[] {
  const keys = [...new Set([...mine.keys(), ...theirs.keys()])].sort();
  return keys
    .map((key) => ({ key, mine: mine.get(key) ?? null, theirs: theirs.get(key) ?? null }))
    .filter((difference) => difference.mine !== difference.theirs);
}

describe('walk', () => {
  it('M6: finds exactly the differences', async () => {
    await fc.assert(
      fc.asyncProperty(pair, fc.constantFrom(1, 600, 1_000_000), async ({ mine, theirs }, maxBytes) => {
        const report = await walk(await indexOf(mine), await indexOf(theirs), maxBytes);
        const found = [...report.differences].sort((a, b) => (a.key < b.key ? -1 : 1));
        expect(found).toEqual(expected(mine, theirs));
      }),
      { numRuns: 150 },
    );
  });

  it('M6: also between a large index and an empty one, both ways', async () => {
    const large = new Map(Array.from({ length: 3000 }, (_, n) => [testKey(n), testDigest(n)] as const));
    const [full, empty] = [await indexOf(large), memoryNodes()];
    expect((await walk(full, empty, 20_000)).differences).toHaveLength(3000);
    expect((await walk(empty, full, 20_000)).differences).toHaveLength(3000);
  });

  it('M7: 100 scattered differences among 100,000 documents cost at most 1.0 KB each', async () => {
    const all = Array.from({ length: 100_000 }, (_, n) => [testKey(n), testDigest(n)] as const);
    const [a, b] = [await indexOf(all), await indexOf(all)];
    await apply(
      b,
      Array.from({ length: 100 }, (_, n) => [testKey(n * 997), testDigest(`changed ${n}`)] as const),
    );
    const report = await walk(a, b, 64 * 1024);
    expect(report.differences).toHaveLength(100);
    expect(report.bytes / 100).toBeLessThanOrEqual(1024);
    expect(report.roundTrips).toBeLessThanOrEqual(4);
  });

  it('M8: refuses answers that were not asked for', async () => {
    const some = Array.from({ length: 400 }, (_, n) => [testKey(n), testDigest(n)] as const);
    const [a, b] = [await indexOf(some), await indexOf(some.slice(50))];
    const question = await questionWalk(a, ['0', '1']);
    const answer = await answerWalk(b, question, 100_000);
    const forged: WalkAnswer[] = [
      { nodes: [{ kind: 'leaf', path: 'f', entries: [] }], unanswered: [] },
      { nodes: [{ kind: 'leaf', path: '000', entries: [] }], unanswered: [] },
      { nodes: [...answer.nodes, ...answer.nodes], unanswered: [] },
      { nodes: [], unanswered: ['f'] },
      { nodes: [], unanswered: ['0', '1'] },
    ];
    for (const bad of forged) {
      await expect(compareWalk(a, question, bad)).rejects.toMatchObject({ code: 'WALK_ANSWER_INVALID' });
    }
    await expect(compareWalk(a, question, answer)).resolves.toBeDefined();
  });

  it('M8: a peer that invents subtrees is not followed beyond the length of a key', async () => {
    const mine = memoryNodes();
    const inner = Array.from({ length: 16 }, (_, n) => (n === 3 ? testDigest('lie') : null));
    let paths: readonly string[] = [''];
    let rounds = 0;
    let refused = false;
    while (paths.length > 0 && rounds < 100) {
      const question = await questionWalk(mine, paths);
      const lie = encodeWalkAnswer({
        nodes: paths.map((path) => ({ kind: 'inner', path, children: inner })),
        unanswered: [],
      });
      const decoded = decodeWalkAnswer(lie);
      if (!decoded.ok) {
        refused = true;
        break;
      }
      paths = (await compareWalk(mine, question, decoded.value)).ask;
      rounds++;
    }
    expect(refused).toBe(true);
    expect(rounds).toBeLessThanOrEqual(32);
  });

  it('M9: questions and answers come back as they went', async () => {
    await fc.assert(
      fc.asyncProperty(pair, async ({ mine, theirs }) => {
        const [a, b] = [await indexOf(mine), await indexOf(theirs)];
        const question = await questionWalk(a, ['', '0', '1a', '7']);
        const answer = await answerWalk(b, question, 2000);
        expect(decodeWalkQuestion(encodeWalkQuestion(question))).toEqual({ ok: true, value: question });
        expect(decodeWalkAnswer(encodeWalkAnswer(answer))).toEqual({ ok: true, value: answer });
        const bytes = encodeWalkAnswer(answer);
        for (let cut = 0; cut < bytes.byteLength; cut += 7) {
          expect(decodeWalkAnswer(bytes.subarray(0, cut)).ok).toBe(false);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('M9: any bytes give a value or an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(typeof decodeWalkQuestion(bytes).ok).toBe('boolean');
        expect(typeof decodeWalkAnswer(bytes).ok).toBe('boolean');
      }),
    );
  });
});
