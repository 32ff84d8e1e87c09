export { entries, lookup, readRoot, updateIndex } from './index-update.ts';
export { memoryNodes, type NodeStore } from './memory-nodes.ts';
export { DamagedNodeError, type IndexEntry, leafCapacity } from './node.ts';
export type { IndexRoot, IndexUpdate, NodePath, NodeReader } from './node-store.ts';
export {
  type AnswerNode,
  answerWalk,
  compareWalk,
  type Difference,
  type QuestionNode,
  questionWalk,
  UnaskedAnswerError,
  type WalkAnswer,
  type WalkQuestion,
  type WalkStep,
  walkStart,
} from './walk.ts';
export { decodeWalkAnswer, decodeWalkQuestion, encodeWalkAnswer, encodeWalkQuestion } from './walk-codec.ts';
