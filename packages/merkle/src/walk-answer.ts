import { loadChild, nodeAt } from './index-read.ts';
import { childDigests } from './inner-node.ts';
import { leafEntries, unpackEntries } from './leaf.ts';
import { childPath, type IndexNode } from './node.ts';
import type { NodePath, NodeReader } from './node-store.ts';
import { answerNodeBytes } from './walk-codec.ts';
import type { AnswerNode, QuestionNode, WalkAnswer, WalkQuestion } from './walk-messages.ts';

/**
 * Answers as much of the question as `maxBytes` encoded bytes hold, and always its first path, so that a walk ends
 * however small the budget. Reads at most seventeen nodes for each path it answers.
 */
export async function answerWalk(
  nodes: NodeReader,
  question: WalkQuestion,
  maxBytes: number,
): Promise<WalkAnswer> {
  const answered: AnswerNode[] = [];
  let bytes = 0;
  for (const [index, asked] of question.nodes.entries()) {
    const reply = await replyTo(nodes, asked);
    bytes += reply.reduce((sum, node) => sum + answerNodeBytes(node), 0);
    if (index > 0 && bytes > maxBytes) {
      return { nodes: answered, unanswered: question.nodes.slice(index).map(({ path }) => path) };
    }
    answered.push(...reply);
  }
  return { nodes: answered, unanswered: [] };
}

async function replyTo(nodes: NodeReader, { path, children }: QuestionNode): Promise<AnswerNode[]> {
  const mine = await nodeAt(nodes, path);
  if (children === null || mine.kind === 'leaf') return [answerNode(path, mine)];
  const differing = [...childDigests(mine).entries()].filter(([digit, digest]) => digest !== children[digit]);
  return Promise.all(
    differing.map(async ([digit]) =>
      answerNode(childPath(path, digit), await loadChild(nodes, path, mine, digit)),
    ),
  );
}

function answerNode(path: NodePath, node: IndexNode): AnswerNode {
  return node.kind === 'leaf'
    ? { kind: 'leaf', path, entries: unpackEntries(leafEntries(path, node)) }
    : { kind: 'inner', path, children: childDigests(node) };
}
