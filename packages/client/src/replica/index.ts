export type { DocumentEvents, DocumentState, ReplicaDocument } from './live-document.ts';
export { openReplica } from './open-replica.ts';
export type { LevelStorage, ReplicaStorage } from './platform/platform.ts';
export type {
  Replica,
  ReplicaEvents,
  ReplicaOptions,
  ReplicaProgress,
  ReplicaReset,
  ReplicaState,
  ReplicaStatus,
} from './replica.ts';
export { ReplicaError, type ReplicaErrorCode } from './replica-error.ts';
export type { CopyAside } from './set-aside.ts';
