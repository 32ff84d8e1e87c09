export type { BackupPosition, WholeReason } from './backup/record.ts';
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
export { leafOf, liveLeaf } from './index-leaf.ts';
export { type LargeLogs, largeLogsInline, type MergedLog } from './large-logs.ts';
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
export {
  type AgeClock,
  type CommittedChange,
  type CompactPort,
  type DamagedDocument,
  type DocumentListing,
  type DocumentLookup,
  type DocumentStore,
  type EncodedVersion,
  type KeptDocument,
  type Lease,
  lastEndedBy,
  type ScrubReport,
  type StoreCounter,
  type StoredDocument,
  type StoreOptions,
  type StoreState,
  type StoreStatus,
  type SubmitReceipt,
  type UpdateOrigin,
} from './store-types.ts';
export { type StoreTunables, storeTunables } from './tunables.ts';
