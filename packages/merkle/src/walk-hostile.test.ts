import type { Digest } from '@hearsay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryNodes } from './memory-nodes.ts';
import type { NodePath, NodeReader } from './node-store.ts';
import { anyKey, indexOf, testContent, testDigest } from './testing.ts';
import { answerWalk } from './walk-answer.ts';
import { compareWalk, questionWalk } from './walk-ask.ts';
import { decodeWalkAnswer, decodeWalkQuestion, encodeWalkAnswer, encodeWalkQuestion } from './walk-codec.ts';
import { type AnswerNode, maxQuestionPaths, type WalkAnswer } from './walk-messages.ts';

const none: readonly (Digest | null)[] = new Array<null>(16).fill(null);
const emptyLeafAt = (path: NodePath): AnswerNode => ({ kind: 'leaf', path, entries: [] });

const paths = fc.uniqueArray(
  fc.tuple(anyKey, fc.nat({ max: 31 })).map(([key, length]) => key.slice(0, length)),
  { maxLength: 12 },
);

describe('a hostile peer', () => {
  const mine = indexOf(testContent(1000));

  it.each<[string, WalkAnswer]>([
    ['an answer to another path', { nodes: [emptyLeafAt('f'), emptyLeafAt('1')], unanswered: [] }],
    ['an answer above', { nodes: [emptyLeafAt(''), emptyLeafAt('1')], unanswered: [] }],
    ['an answer two levels below', { nodes: [emptyLeafAt('000'), emptyLeafAt('1')], unanswered: [] }],
    ['the same node twice', { nodes: [emptyLeafAt('0'), emptyLeafAt('0')], unanswered: [] }],
    [
      'the same child twice',
      { nodes: [emptyLeafAt('01'), emptyLeafAt('01'), emptyLeafAt('1')], unanswered: [] },
    ],
    [
      'a node and its child',
      { nodes: [emptyLeafAt('0'), emptyLeafAt('01'), emptyLeafAt('1')], unanswered: [] },
    ],
    ['an answer put off as well', { nodes: [emptyLeafAt('0')], unanswered: ['0'] }],
    ['a child of what is put off', { nodes: [emptyLeafAt('01')], unanswered: ['0'] }],
    ['something else put off', { nodes: [emptyLeafAt('0')], unanswered: ['f'] }],
    ['everything put off', { nodes: [], unanswered: ['0', '1'] }],
    [
      'an inner node again that was shown',
      { nodes: [{ kind: 'inner', path: '0', children: none }], unanswered: [] },
    ],
  ])('M8: %s is refused', async (_, answer) => {
    const question = await questionWalk(await mine, ['0', '1']);
    expect(question.nodes.every(({ children }) => children !== null)).toBe(true);
    await expect(compareWalk(await mine, question, answer)).rejects.toMatchObject({
      code: 'WALK_ANSWER_INVALID',
    });
  });

  it('M8: nothing said about a leaf is refused', async () => {
    const question = await questionWalk(await mine, ['0', '00000']);
    const answer: WalkAnswer = { nodes: [], unanswered: ['0'] };
    await expect(compareWalk(await mine, question, answer)).rejects.toMatchObject({
      code: 'WALK_ANSWER_INVALID',
    });
  });

  it('M8: honest answers are taken, whatever is asked and however little fits', async () => {
    const theirs = await indexOf(testContent(2000).slice(700));
    await fc.assert(
      fc.asyncProperty(paths, fc.constantFrom(1, 500, 100_000), async (asked, maxBytes) => {
        fc.pre(asked.length > 0);
        const question = await questionWalk(await mine, asked);
        const answer = await answerWalk(theirs, question, maxBytes);
        await expect(compareWalk(await mine, question, answer)).resolves.toBeDefined();
      }),
    );
  });

  it('M8: invented subtrees are not followed beyond the length of a key', async () => {
    const children = none.map((_, digit) => (digit === 3 ? testDigest('lie') : null));
    const here = memoryNodes();
    let waiting: readonly NodePath[] = [''];
    let rounds = 0;
    for (; waiting.length > 0; rounds++) {
      const question = await questionWalk(here, waiting);
      const nodes = waiting.map((path): AnswerNode => ({ kind: 'inner', path, children }));
      const decoded = decodeWalkAnswer(encodeWalkAnswer({ nodes, unanswered: [] }));
      if (!decoded.ok) break;
      waiting = (await compareWalk(here, question, decoded.value)).ask;
    }
    expect(rounds).toBe(31);
  });

  it('M8: a question about paths far below the tree costs a lookup each, and no answer exceeds its budget by more than one path', async () => {
    const index = await mine;
    let reads = 0;
    const counting: NodeReader = {
      get: (path) => {
        reads++;
        return index.get(path);
      },
    };
    const nodes = Array.from({ length: maxQuestionPaths }, (_, n) => ({
      path: n.toString(16).padStart(31, '0'),
      children: null,
    }));
    const answer = await answerWalk(counting, { nodes }, 1_000_000);
    expect(answer.nodes).toHaveLength(maxQuestionPaths);
    expect(reads / maxQuestionPaths).toBeLessThanOrEqual(6);
    reads = 0;
    const wide = { nodes: [...'0123456789abcdef'].map((path) => ({ path, children: none })) };
    const short = await answerWalk(counting, wide, 1000);
    expect(short.unanswered.length).toBeGreaterThan(12);
    expect(reads).toBeLessThanOrEqual(4 * 17);
    expect(encodeWalkAnswer(short).byteLength).toBeLessThanOrEqual(1000 + 16 * 800);
  });

  it('M8: more paths than a question may have are a mistake of ours', async () => {
    const many = Array.from({ length: maxQuestionPaths + 1 }, (_, n) => n.toString(16).padStart(4, '0'));
    await expect(questionWalk(await mine, many)).rejects.toThrow(RangeError);
  });
});

describe('walk messages', () => {
  it('M9: come back as they went, and cut ones do not', async () => {
    const [a, b] = [await indexOf(testContent(1500)), await indexOf(testContent(1600).slice(90))];
    await fc.assert(
      fc.asyncProperty(paths, fc.constantFrom(1, 2000, 100_000), fc.nat(), async (asked, maxBytes, cut) => {
        const question = await questionWalk(a, asked);
        const answer = await answerWalk(b, question, maxBytes);
        const [questionBytes, answerBytes] = [encodeWalkQuestion(question), encodeWalkAnswer(answer)];
        expect(decodeWalkQuestion(questionBytes)).toEqual({ ok: true, value: question });
        expect(decodeWalkAnswer(answerBytes)).toEqual({ ok: true, value: answer });
        expect(decodeWalkQuestion(questionBytes.subarray(0, cut % questionBytes.byteLength)).ok).toBe(false);
        expect(decodeWalkAnswer(answerBytes.subarray(0, cut % answerBytes.byteLength)).ok).toBe(false);
      }),
    );
  });

  it.each<[string, number[]]>([
    ['more paths than a question may have', [0x81, 0x04]],
    ['a path longer than a key', [1, 32, ...new Array<number>(16).fill(0), 0]],
    ['a path with digits to spare', [1, 1, 0x0f, 0]],
    ['an unknown kind of node', [1, 0, 2]],
    ['paths that do not ascend', [2, 1, 0x20, 0, 1, 0x10, 0]],
    ['a path twice', [2, 1, 0x20, 0, 1, 0x20, 0]],
    ['children below the deepest path', [1, 31, ...new Array<number>(16).fill(0), 1, 0, 0]],
    ['bytes to spare', [1, 0, 0, 0]],
  ])('M9: a question with %s is refused', (_, bytes) => {
    expect(decodeWalkQuestion(Uint8Array.from(bytes))).toMatchObject({ error: { code: 'DECODE_FAILED' } });
  });

  it.each<[string, number[]]>([
    ['more entries than a leaf holds', [1, 0, 0, 25, ...new Array<number>(25 * 32).fill(0), 0]],
    ['entries out of order', [1, 0, 0, 2, ...new Array<number>(64).fill(9), 0]],
    ['entries of another path', [1, 1, 0x50, 0, 1, ...new Array<number>(32).fill(0x60), 0]],
    ['more nodes than an answer may have', [0x81, 0x40]],
    ['more paths put off than were asked', [0, 0x81, 0x04]],
  ])('M9: an answer with %s is refused', (_, bytes) => {
    expect(decodeWalkAnswer(Uint8Array.from(bytes))).toMatchObject({ error: { code: 'DECODE_FAILED' } });
  });

  it('M9: any bytes give a value or an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        expect(typeof decodeWalkQuestion(bytes).ok).toBe('boolean');
        expect(typeof decodeWalkAnswer(bytes).ok).toBe('boolean');
      }),
      { numRuns: 2000 },
    );
  });
});
