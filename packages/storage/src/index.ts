export { compactInline } from './compaction.ts';
export type { BatchOperation, Database, DatabaseFactory } from './database.ts';
export {
  errorCodes,
  isDiskFull,
  type OpenError,
  type ReadError,
  StoreGoneError,
  type SubmitError,
  type WriteFailure,
} from './errors.ts';
export type { StoreFinding } from './findings.ts';
export { leafOf } from './index-leaf.ts';
export type { QuarantineReason } from './records.ts';
export type {
  CollectionRoot,
  DeathCertificate,
  DocumentChange,
  DocumentDescription,
  DocumentDifference,
  OutboxEntry,
  OutboxPage,
  ReceiveError,
  ReceiveOutcome,
  RecentPage,
  Replica,
  ReplicaIdentity,
} from './replica.ts';
export { SelectionTooLargeError } from './selection/prefix-index.ts';
export {
  createSelectedReplica,
  type Grant,
  type SelectedReplica,
  type SelectedReplicaDeps,
} from './selection/selected-replica.ts';
export type { Selection, SelectionRange } from './selection/selection.ts';
export { createSelections, type Selections, type SelectionsOptions } from './selection/selections.ts';
export { memorySentinel, type Sentinel, type SentinelRecord } from './sentinel.ts';
export { openStore } from './store.ts';
export type {
  AgeClock,
  CommittedChange,
  CompactPort,
  DamagedDocument,
  DocumentListing,
  DocumentLookup,
  DocumentStore,
  KeptDocument,
  Lease,
  ScrubReport,
  StoreCounter,
  StoredDocument,
  StoreOptions,
  StoreState,
  StoreStatus,
  SubmitReceipt,
  UpdateOrigin,
} from './store-types.ts';
export { type StoreTunables, storeTunables } from './tunables.ts';
