export {
  compareBytes,
  concat,
  emptyBytes,
  equalBytes,
  fromHex,
  toHex,
  utf8Decode,
  utf8Encode,
} from './bytes.ts';
export { ByteReader, ByteWriter, type DecodeError, decode, failDecode, tuple } from './codec.ts';
export { digestBytes, digestOf, rawDigestOf, sha256 } from './hash.ts';
export {
  checkHybridTime,
  type HybridTime,
  hybridTimeToMs,
  msToHybridTime,
  nextHybridTime,
  type StampError,
} from './hybrid-clock.ts';
export {
  collectionName,
  type Digest,
  type DocumentId,
  type DocumentKey,
  documentId,
  documentKey,
  emptyDigest,
  isReplicaId,
  type Life,
  type NameError,
  namePrefix,
  type ReplicaId,
} from './ids.ts';
export { Inbox, type InboxDeps } from './inbox.ts';
export { limits } from './limits.ts';
export type { Clock, Random, Timers } from './ports.ts';
export { createRandom } from './random.ts';
export { RateBudget } from './rate-budget.ts';
export { err, ok, type Result, type TaggedError, taggedError, unreachable } from './result.ts';
export { type SettledClock, type WatchedClock, watchClock } from './settled-clock.ts';
export { type BudgetHolder, SharedBudget } from './shared-budget.ts';
