import { type Digest, toHex } from '@hearsay/core';
import { entriesBelow, nodeAt } from './index-read.ts';
import { childDigests } from './inner-node.ts';
import { leafEntries, leafOf, splitEntries } from './leaf.ts';
import { childPath, emptyLeaf, type IndexNode, nodeCount, nodeDigest } from './node.ts';
import type { NodePath, NodeReader } from './node-store.ts';
import {
  type AnswerNode,
  type Difference,
  maxQuestionPaths,
  type QuestionNode,
  type WalkAnswer,
  type WalkQuestion,
  type WalkStep,
} from './walk-messages.ts';

/**
 * Entries of a subtree that are compared in one step with a leaf of the other side. A larger one is asked about child by
 * child, so that meeting an empty peer takes no more memory than meeting an equal one.
 */
const largestSubtreeAtOnce = 256;

/** A peer answered what was not asked, twice, or not at all. */
export class UnaskedAnswerError extends Error {
  readonly code = 'WALK_ANSWER_INVALID';

  constructor(reason: string) {
    super(`the answer does not fit its question: ${reason}`);
    this.name = 'UnaskedAnswerError';
  }
}

/** The question about `paths`, of which there may be {@link maxQuestionPaths}. */
export async function questionWalk(nodes: NodeReader, paths: readonly NodePath[]): Promise<WalkQuestion> {
  const sorted = [...new Set(paths)].sort();
  if (sorted.length > maxQuestionPaths) throw new RangeError(`${sorted.length} paths in one question`);
  const asked = sorted.map(async (path): Promise<QuestionNode> => {
    const node = await nodeAt(nodes, path);
    return { path, children: node.kind === 'inner' ? childDigests(node) : null };
  });
  return { nodes: await Promise.all(asked) };
}

/**
 * Compares an answer with the index here. Throws {@link UnaskedAnswerError} when it is not an answer to `question`: a
 * peer can make a walk neither deeper than keys are long nor ask the same for ever.
 */
export async function compareWalk(
  nodes: NodeReader,
  question: WalkQuestion,
  answer: WalkAnswer,
): Promise<WalkStep> {
  checkAsked(question, answer);
  const steps = await Promise.all(answer.nodes.map((theirs) => compareNode(nodes, theirs)));
  return {
    differences: steps.flatMap(({ differences }) => differences),
    ask: [...answer.unanswered, ...steps.flatMap(({ ask }) => ask)],
  };
}

async function compareNode(nodes: NodeReader, theirs: AnswerNode): Promise<WalkStep> {
  const { path } = theirs;
  const mine = await nodeAt(nodes, path);
  if (theirs.kind === 'inner') {
    return {
      differences: [],
      ask: childPathsWhere(path, mine, (digest, digit) => digest !== theirs.children[digit]),
    };
  }
  // Every child, because theirs may have entries where there is nothing here.
  if (nodeCount(mine) > largestSubtreeAtOnce) {
    return { differences: [], ask: childPathsWhere(path, mine, () => true) };
  }
  const differences: Difference[] = [];
  const unmet = new Map(theirs.entries.map(({ key, digest }) => [key, digest]));
  for await (const { key, digest } of entriesBelow(nodes, path, mine)) {
    const other = unmet.get(key) ?? null;
    unmet.delete(key);
    if (other !== digest) differences.push({ key, mine: digest, theirs: other });
  }
  for (const [key, digest] of unmet) differences.push({ key, mine: null, theirs: digest });
  return { differences, ask: [] };
}

function childPathsWhere(
  path: NodePath,
  mine: IndexNode,
  wanted: (digest: Digest | null, digit: number) => boolean,
): NodePath[] {
  return childDigestsOf(path, mine).flatMap((digest, digit) =>
    wanted(digest, digit) ? [childPath(path, digit)] : [],
  );
}

/** Those of a leaf are what they would be if it were split: an inner node elsewhere is compared with them. */
function childDigestsOf(path: NodePath, node: IndexNode): (Digest | null)[] {
  if (node.kind === 'inner') return childDigests(node);
  return splitEntries(leafEntries(path, node), path.length).map((part, digit) => {
    const leaf = leafOf(childPath(path, digit), part);
    return leaf === emptyLeaf ? null : (toHex(nodeDigest(leaf)) as Digest);
  });
}

/**
 * Every path asked is settled in one of the three ways there are, at least one is not put off, and nothing else is
 * answered.
 */
function checkAsked(question: WalkQuestion, answer: WalkAnswer): void {
  const open = new Map(question.nodes.map((node) => [node.path, node]));
  const settle = (path: NodePath): void => {
    if (!open.delete(path)) throw new UnaskedAnswerError(`"${path}" was not asked, or is answered twice`);
  };
  if (answer.unanswered.length >= question.nodes.length) throw new UnaskedAnswerError('nothing is answered');
  for (const path of answer.unanswered) settle(path);
  const below: NodePath[] = [];
  for (const { kind, path } of answer.nodes) {
    const asked = open.get(path);
    if (asked !== undefined && (asked.children === null || kind === 'leaf')) settle(path);
    else below.push(path);
  }
  for (const path of below) {
    const parent = path === '' ? undefined : open.get(path.slice(0, -1));
    if (!parent?.children) throw new UnaskedAnswerError(`"${path}" was not asked`);
  }
  if (new Set(below).size < below.length) throw new UnaskedAnswerError('a node is answered twice');
  for (const { path, children } of open.values()) {
    if (children === null) throw new UnaskedAnswerError(`"${path}" is not answered`);
  }
}
