export { entries, lookup, nodeDigestAt, readRoot, verifyIndex } from './index-read.ts';
export { updateIndex } from './index-update.ts';
export { memoryNodes } from './memory-nodes.ts';
export { DamagedNodeError, type IndexEntry, leafCapacity } from './node.ts';
export type { IndexRoot, IndexUpdate, NodePath, NodeReader, NodeStore } from './node-store.ts';
export { answerWalk } from './walk-answer.ts';
export { compareWalk, questionWalk, UnaskedAnswerError } from './walk-ask.ts';
export { decodeWalkAnswer, decodeWalkQuestion, encodeWalkAnswer, encodeWalkQuestion } from './walk-codec.ts';
export {
  type AnswerNode,
  type Difference,
  maxQuestionPaths,
  type QuestionNode,
  type WalkAnswer,
  type WalkQuestion,
  type WalkStep,
  walkStart,
} from './walk-messages.ts';
