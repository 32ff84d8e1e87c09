import type { Digest, DocumentKey } from '@hearsay/core';
import { groupByDigit, loadNode, nodeAt } from './index-update.ts';
import { type IndexEntry, type IndexNode, leafCapacity, nodeCount, nodeDigest } from './node.ts';
import type { NodePath, NodeReader } from './node-store.ts';

/** What the asker has at one path: the digests of its sixteen children, or null when it has a leaf (or nothing). */
export interface QuestionNode {
  readonly path: NodePath;
  readonly children: readonly (Digest | null)[] | null;
}

/** "This is what I have here: what do you have where it differs?" */
export interface WalkQuestion {
  readonly nodes: readonly QuestionNode[];
}

/** What the answerer has at one path; a leaf without entries when it has nothing. */
export type AnswerNode =
  | { readonly kind: 'inner'; readonly path: NodePath; readonly children: readonly (Digest | null)[] }
  | { readonly kind: 'leaf'; readonly path: NodePath; readonly entries: readonly IndexEntry[] };

export interface WalkAnswer {
  readonly nodes: readonly AnswerNode[];
  /** Paths of the question that did not fit the byte budget and are to be asked again. */
  readonly unanswered: readonly NodePath[];
}

/** A document on which the two indexes differ; null where one has none. */
export interface Difference {
  readonly key: DocumentKey;
  readonly mine: Digest | null;
  readonly theirs: Digest | null;
}

/** What one answer settled, and the paths to put into the next questions. */
export interface WalkStep {
  readonly differences: readonly Difference[];
  readonly ask: readonly NodePath[];
}

/** The path every walk begins with. */
export const walkStart: readonly NodePath[] = [''];

/**
 * Entries of a subtree that are compared in one step with a leaf of the other side. A larger one is asked about child by
 * child, so that meeting an empty peer takes no more memory than meeting an equal one.
 */
const largestSubtreeAtOnce = 256;

/** Bytes of an encoded inner node at most: path, bitmap and sixteen digests. */
const innerNodeBytes = 17 + 2 + 16 * 16;
const leafNodeBytes = 17 + 1 + leafCapacity * 32;

/**
 * The question to ask about `paths`. Because it carries the asker's own children, the answer skips what is equal and
 * goes a level deeper where it is not: two levels a round trip, and no digest sent twice.
 */
export async function questionWalk(nodes: NodeReader, paths: readonly NodePath[]): Promise<WalkQuestion> {
  const asked = await Promise.all(
    paths.map(async (path): Promise<QuestionNode> => {
      // The root is asked bare: whoever asks about it knows that it differs, and may be the one with nothing.
      const node = path === '' ? undefined : await nodeAt(nodes, path);
      return { path, children: node?.kind === 'inner' ? childDigests(node) : null };
    }),
  );
  return { nodes: asked };
}

export async function answerWalk(
  nodes: NodeReader,
  question: WalkQuestion,
  maxBytes: number,
): Promise<WalkAnswer> {
  const answered: AnswerNode[] = [];
  const unanswered: NodePath[] = [];
  let bytes = 0;
  for (const { path, children } of question.nodes) {
    const mine = await nodeAt(nodes, path);
    const reply =
      children === null || mine.kind === 'leaf'
        ? [toAnswer(path, mine)]
        : await Promise.all(
            differingDigits(children, childDigests(mine)).map(async (digit) => {
              const childPath = path + digit.toString(16);
              return toAnswer(childPath, await loadNode(nodes, childPath));
            }),
          );
    const size = reply.reduce(
      (sum, node) => sum + (node.kind === 'inner' ? innerNodeBytes : leafNodeBytes),
      0,
    );
    // The first is always answered, so that a walk ends however small the budget.
    if (answered.length > 0 && bytes + size > maxBytes) {
      unanswered.push(path);
      continue;
    }
    bytes += size;
    answered.push(...reply);
  }
  return { nodes: answered, unanswered };
}

/** A peer answered what was not asked, twice, or not at all. */
export class UnaskedAnswerError extends Error {
  readonly code = 'WALK_ANSWER_INVALID';

  constructor(reason: string) {
    super(`the answer does not fit its question: ${reason}`);
    this.name = 'UnaskedAnswerError';
  }
}

/**
 * Compares an answer with the index here. Throws {@link UnaskedAnswerError} when it is not an answer to `question`: a
 * peer can therefore never make a walk longer than the tree is deep.
 */
export async function compareWalk(
  nodes: NodeReader,
  question: WalkQuestion,
  answer: WalkAnswer,
): Promise<WalkStep> {
  checkAsked(question, answer);
  const differences: Difference[] = [];
  const ask: NodePath[] = [...answer.unanswered];
  for (const theirs of answer.nodes) {
    const mine = await nodeAt(nodes, theirs.path);
    if (theirs.kind === 'leaf') {
      if (mine.kind === 'inner' && nodeCount(mine) > largestSubtreeAtOnce)
        ask.push(...childPaths(theirs.path, mine));
      else await collectLeafDifferences(nodes, theirs, mine, differences);
      continue;
    }
    const myChildren =
      mine.kind === 'inner' ? childDigests(mine) : virtualChildren(theirs.path, mine.entries);
    for (const digit of differingDigits(myChildren, theirs.children))
      ask.push(theirs.path + digit.toString(16));
  }
  return { differences, ask };
}

function checkAsked(question: WalkQuestion, answer: WalkAnswer): void {
  const asked = new Map(question.nodes.map((node) => [node.path, node]));
  for (const path of answer.unanswered) {
    if (!asked.has(path)) throw new UnaskedAnswerError(`"${path}" was not asked`);
  }
  if (answer.nodes.length === 0 && answer.unanswered.length >= asked.size && asked.size > 0) {
    throw new UnaskedAnswerError('nothing is answered');
  }
  const seen = new Set<NodePath>();
  for (const { path } of answer.nodes) {
    if (!asked.has(path) && !asked.get(path.slice(0, -1))?.children)
      throw new UnaskedAnswerError(`"${path}" was not asked`);
    if (seen.has(path)) throw new UnaskedAnswerError(`"${path}" is answered twice`);
    seen.add(path);
  }
}

/** Every digit: their few entries may lie where there is nothing here. */
function childPaths(path: NodePath, node: IndexNode & { kind: 'inner' }): NodePath[] {
  return node.children.map((_, digit) => path + digit.toString(16));
}

/** They have few entries below this path; here there may be a whole subtree, all of it missing there. */
async function collectLeafDifferences(
  nodes: NodeReader,
  theirs: { readonly path: NodePath; readonly entries: readonly IndexEntry[] },
  mine: IndexNode,
  differences: Difference[],
): Promise<void> {
  const theirDigests = new Map(theirs.entries.map(({ key, digest }) => [key, digest]));
  for (const { key, digest } of await allEntries(nodes, theirs.path, mine)) {
    const other = theirDigests.get(key) ?? null;
    theirDigests.delete(key);
    if (other !== digest) differences.push({ key, mine: digest, theirs: other });
  }
  for (const [key, digest] of theirDigests) differences.push({ key, mine: null, theirs: digest });
}

async function allEntries(
  nodes: NodeReader,
  path: NodePath,
  node: IndexNode,
): Promise<readonly IndexEntry[]> {
  if (node.kind === 'leaf') return node.entries;
  const parts = await Promise.all(
    node.children.map(async (child, digit) => {
      if (child === null) return [];
      const childPath = path + digit.toString(16);
      return allEntries(nodes, childPath, await loadNode(nodes, childPath));
    }),
  );
  return parts.flat();
}

function childDigests(node: IndexNode & { kind: 'inner' }): (Digest | null)[] {
  return node.children.map((child) => child?.digest ?? null);
}

/** The digests that a leaf's entries would have if it were split: what an inner node elsewhere is compared with. */
function virtualChildren(path: NodePath, items: readonly IndexEntry[]): (Digest | null)[] {
  return groupByDigit(items, path.length, ({ key }) => key).map((group) =>
    group.length === 0 ? null : nodeDigest({ kind: 'leaf', entries: group }),
  );
}

function differingDigits(a: readonly (Digest | null)[], b: readonly (Digest | null)[]): number[] {
  return a.flatMap((digest, digit) => (digest === (b[digit] ?? null) ? [] : [digit]));
}

function toAnswer(path: NodePath, node: IndexNode): AnswerNode {
  return node.kind === 'leaf'
    ? { kind: 'leaf', path, entries: node.entries }
    : { kind: 'inner', path, children: childDigests(node) };
}
