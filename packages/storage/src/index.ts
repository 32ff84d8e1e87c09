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
export { leafOf } from './index-keeper.ts';
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
export { memorySentinel, type Sentinel, type SentinelRecord } from './sentinel.ts';
export { openStore } from './store.ts';
export type {
  CommittedChange,
  CompactPort,
  DamagedDocument,
  DocumentListing,
  DocumentLookup,
  DocumentStore,
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
