import type {
  Digest,
  DocumentId,
  DocumentKey,
  Life,
  Random,
  ReplicaId,
  Result,
  SettledClock,
  TaggedError,
  Timers,
} from '@hearsay/core';
import type { Version } from '@hearsay/document';
import type { IndexEntry, NodePath } from '@hearsay/merkle';
import type { BackupPosition } from './backup/record.ts';
import type { DatabaseFactory } from './database.ts';
import type { ReadError, SubmitError, UndeleteError } from './errors.ts';
import type { StoreFinding } from './findings.ts';
import type { LargeLogs } from './large-logs.ts';
import type { QuarantineReason } from './records.ts';
import type { DeathCertificate, DocumentChange, ReceiveOutcome, Replica } from './replica.ts';
import type { Sentinel } from './sentinel.ts';
import type { StoreTunables } from './tunables.ts';

/** How a change came here. */
export type UpdateOrigin =
  /** `user`: who is behind the session, where that is known; a client id that one user writes with is not taken from another. */
  | { readonly kind: 'client'; readonly session: string; readonly user?: string }
  | { readonly kind: 'peer'; readonly replica: ReplicaId }
  | { readonly kind: 'local' }
  | { readonly kind: 'compaction' };

/** A change that is on disk. */
export interface CommittedChange {
  readonly key: DocumentKey;
  readonly id: DocumentId;
  readonly life: Life;
  readonly origin: UpdateOrigin;
  /** Only what was new; null: a death certificate. */
  readonly update: Uint8Array | null;
  /** Of `life`, which is over; of a life before where more has become known of that, while `life` goes on. */
  readonly certificate: DeathCertificate | null;
  /** Position in the outbox. */
  readonly sequence: number;
}

/** The last life of its document that is over once a change is committed; 0: none is. */
export function lastEndedBy({ certificate, life }: Pick<CommittedChange, 'certificate' | 'life'>): Life {
  return certificate === null ? life - 1 : certificate.life;
}

export interface SubmitReceipt {
  readonly key: DocumentKey;
  readonly life: Life;
  /** Whether it held something new. */
  readonly novel: boolean;
  /** Outbox sequence at or after which all of it is on disk. */
  readonly sequence: number;
}

/** A live document as it is served: no `Y.Doc`, the log as it is stored. */
export interface StoredDocument {
  readonly key: DocumentKey;
  readonly id: DocumentId;
  readonly life: Life;
  readonly version: Version;
  /** A causally closed log: snapshot and tail. */
  readonly updates: readonly Uint8Array[];
  /** Clients of ended lives, as of {@link DeathCertificate}: who has any of them and the document has not is of a dead life. */
  readonly endedClients: readonly number[];
  /** Of what is known of ended lives, as of a description. */
  readonly ended: Digest | null;
}

/** What a name stands for. */
export interface DocumentLookup {
  readonly key: DocumentKey;
  readonly phase: 'absent' | 'live' | 'deleted' | 'damaged';
  /** 0: nobody has ever written to it, as far as is still known. */
  readonly life: Life;
  /** Of a deleted document; of an absent one where its certificate rests here. */
  readonly certificate: DeathCertificate | null;
  /** Of the stored log of a live document; 0 of any other. */
  readonly bytes: number;
}

export interface DocumentListing {
  readonly key: DocumentKey;
  readonly name: string;
}

/** A deleted document that can still be brought back. */
export interface KeptDocument {
  readonly id: DocumentId;
  /** The life that is over. */
  readonly life: Life;
  /** When it was deleted here, milliseconds of wall clock. */
  readonly deletedAtMs: number;
}

/** Which resting certificates are kept. */
export interface RestRules {
  /** Whether this node keeps it, of all. */
  isKeptHere(key: DocumentKey): boolean;
  /** Milliseconds after the last activation when nobody keeps it any more. */
  readonly forgetMs: number;
}

/** How many certificates were put to rest, and how many are gone. */
export interface RestReport {
  readonly rested: number;
  readonly forgotten: number;
}

/** A document that cannot be served until a peer has sent it anew. */
export interface DamagedDocument {
  readonly key: DocumentKey;
  readonly id: DocumentId | undefined;
  readonly reason: QuarantineReason;
}

/**
 * `ready`: reads and writes. `stalled`: the disk does not answer; reads go on, writes are refused. `recovering`: a write failed, the database is being opened anew; reads wait, writes are refused.
 * `read-only`: the disk is full; reads go on. `failed`: something acknowledged is gone, or the disk or the directory is lost;
 * nothing is served.
 */
export type StoreState = 'ready' | 'stalled' | 'recovering' | 'read-only' | 'failed' | 'closed';

export interface StoreStatus {
  readonly state: StoreState;
  /** Why it is not ready. */
  readonly code: string | null;
  readonly documents: number;
  readonly damagedDocuments: number;
  readonly queuedBytes: number;
  readonly openDocumentBytes: number;
  readonly feedHead: number;
  readonly outboxHead: number;
  readonly counters: Readonly<Record<StoreCounter, number>>;
}

/** What is counted since the store was opened. */
export type StoreCounter =
  | 'batches'
  | 'changes'
  | 'duplicates'
  | 'writeFailures'
  | 'reopened'
  | 'compactions'
  | 'compactionFailures'
  | 'documentsDamaged'
  | 'documentsHealed'
  | 'recordsDamaged'
  | 'logHoles'
  | 'recordsTorn'
  | 'tailLost'
  | 'changesMissing'
  | 'stalls'
  | 'staleReads'
  | 'indexRebuilds'
  | 'indexedDocuments'
  | 'outboxDropped'
  | 'certificatesRested'
  | 'certificatesForgotten'
  | 'certificatesWoken'
  | 'stampsRefused'
  | 'scrubbedDocuments'
  | 'scrubRepairs';

export interface ScrubReport {
  readonly documents: number;
  readonly damaged: number;
  /** Index leaves, names and feed entries that were wrong and were put right. */
  readonly repaired: number;
  /** Whether this step reached the end of the store; the next begins anew. */
  readonly complete: boolean;
}

/** A version as another thread gives it. */
export interface EncodedVersion {
  /** Canonical, see `encodeVersion`. */
  readonly bytes: Uint8Array;
  /** Of life 0: by it the version is known without encoding another. */
  readonly digest: Digest;
}

/** Builds a compacted document, away from the main thread where there is one; see `compactUpdates`. */
export type CompactPort = (
  key: DocumentKey,
  updates: readonly Uint8Array[],
) => Promise<
  Result<
    {
      readonly state: Uint8Array;
      readonly implied: Uint8Array | null;
      readonly isMergedOnly?: true;
      readonly version: EncodedVersion;
    },
    TaggedError
  >
>;

/** Wall clock of a store. While it is known not to be settled nothing is forgotten for its age; one that cannot tell always is. */
export type AgeClock = Pick<SettledClock, 'now'> & Partial<Pick<SettledClock, 'isSettled'>>;

export interface StoreOptions {
  readonly openDatabase: DatabaseFactory;
  readonly sentinel: Sentinel;
  readonly cluster: string;
  readonly clock: AgeClock;
  readonly timers: Timers;
  /** Draws the replica id of a new store: fresh entropy of the operating system, never a seed, outside of simulations. */
  readonly random: Pick<Random, 'bytes'>;
  /** Inline where it is not given. */
  readonly compact?: CompactPort;
  /** Inline where it is not given. */
  readonly largeLogs?: LargeLogs;
  /**
   * `synced` (default): every batch is on the disk before anybody hears of it. `buffered`: it is with the operating
   * system; a power loss may take the last seconds, a crash of the process nothing.
   */
  readonly durability?: 'synced' | 'buffered';
  /** Whether the disk has room again, asked before the database is opened anew after it was full. */
  readonly hasRoom?: () => Promise<boolean>;
  /** Opens a store that lacks the last of what was written, as another replica; without it such a store is refused. */
  readonly acceptsLoss?: boolean;
  /**
   * Waits for the end of this turn of the event loop, where that can be told: all that arrived in it shares a batch, and others
   * have their turns while a long log is read. A microtask where it is not given.
   */
  readonly nextTurn?: () => Promise<void>;
  /**
   * Milliseconds that death certificates are in force on every node (default: for ever); see {@link DocumentStore.restCertificates}.
   * Older ones that come from peers are taken for what they are.
   */
  readonly certificateMs?: number;
  /** Whether contents of deleted documents are set aside until they are forgotten (default: no). */
  readonly keepsDeleted?: boolean;
  /** Opens a copy, to be read and thrown away: the next start of the original is not to know of this one. */
  readonly isView?: boolean;
  /** Whether the last write of the process before was found cut short. */
  readonly wasTorn?: boolean;
  /** Told of damage when it is found; see {@link StoreFinding}. */
  readonly found?: (finding: StoreFinding) => void;
  /** The right to the directory, asked for again every minute; without it nothing more is written. */
  readonly lease?: Lease;
  /**
   * Bytes of a stored document above which clients add nothing to it; they may delete, which makes room once it is compacted.
   * Snapshot and tail count apart, as a tail becomes part of the snapshot before it is longer. What peers have is always taken.
   * Default: any number.
   */
  readonly maxDocumentBytes?: number;
  readonly tunables?: Partial<StoreTunables>;
}

export interface ReceiveOptions {
  /** Told for where the changes came from; the peer itself where it is not given. */
  readonly origin?: UpdateOrigin;
  /** As of {@link Replica.receive}. */
  readonly complete?: readonly DocumentKey[];
}

/** A right to the data that somebody may take away. */
export interface Lease {
  held(): Promise<boolean>;
  release(): Promise<void>;
}

/** Documents, certificates, index, feed, mail and cursors of one node. */
export interface DocumentStore extends Replica {
  /**
   * Validates and queues; resolves after the sync. Submissions of one document keep their order. Without `life` the
   * document's present one is meant, and 1 for a new document; a life above it begins the document anew.
   */
  submit(
    id: DocumentId,
    update: Uint8Array,
    origin: UpdateOrigin,
    life?: Life,
  ): Promise<Result<SubmitReceipt, SubmitError>>;
  /**
   * Ends the present life: its contents are deleted and a certificate is kept. Of a document nobody has written to,
   * nothing is kept and the receipt is not novel. With an `expected` life that is not the present one nothing is done.
   */
  deleteDocument(
    id: DocumentId,
    stamp: number,
    by: ReplicaId,
    expected?: Life,
  ): Promise<Result<SubmitReceipt, SubmitError>>;
  /**
   * Deleted documents whose contents are still kept here, see {@link StoreOptions.keepsDeleted}: in the order of their keys, those
   * after one (null: from the first), at most `limit` (default: all).
   */
  kept(after?: DocumentKey | null, limit?: number): Promise<readonly KeptDocument[]>;
  /** Undefined where nothing is kept of it. */
  keptOf(id: DocumentId): Promise<KeptDocument | undefined>;
  /** Begins a new life with the contents of the one that was deleted last. */
  undelete(id: DocumentId): Promise<Result<SubmitReceipt, UndeleteError>>;
  /** Forgets the contents of what was deleted before a moment of wall clock; returns of how many: of none while the clock is not settled. See {@link erase}. */
  forgetDeleted(beforeMs: number): Promise<number>;
  /**
   * Puts certificates to rest that have been in force for their time (`certificateMs`), and forgets those that rest and are
   * not to be kept. A resting certificate is not in the index, and its document is as one nobody has written to;
   * what clients of the ended life have written is refused all the same, and wakes the certificate.
   */
  restCertificates(rules: RestRules): Promise<RestReport>;
  /** Called once per batch, after its sync and before any of its promises resolves, with its changes in order. */
  onCommit(listener: (changes: readonly CommittedChange[]) => void): () => void;
  /** Undefined where no live document is; `lookup` tells deleted from absent. */
  read(id: DocumentId): Promise<Result<StoredDocument | undefined, ReadError>>;
  lookup(id: DocumentId): Promise<DocumentLookup>;
  /** What documents are called, deleted ones too; undefined where nothing is known. Same order as `keys`. */
  identify(keys: readonly DocumentKey[]): Promise<readonly (DocumentId | undefined)[]>;
  /** Keys and digests of a collection's documents, deleted ones too, whose keys begin with `path`; ascending. */
  indexed(collection: string, path: NodePath): Promise<readonly IndexEntry[]>;
  receive(
    changes: readonly DocumentChange[],
    from: ReplicaId,
    options?: ReceiveOptions,
  ): Promise<readonly ReceiveOutcome[]>;
  /** Live documents by name, in order of UTF-8 bytes, after a name (`''`: from the first). */
  list(
    collection: string,
    after: string,
    limit: number,
    prefix?: string,
  ): Promise<readonly DocumentListing[]>;
  /** Collections with live documents, ascending. */
  collections(): Promise<readonly string[]>;
  damaged(): readonly DamagedDocument[];
  /** Compacts one document now, whatever the length of its tail. False: nothing was done. */
  compact(id: DocumentId): Promise<boolean>;
  /** Has LevelDB rewrite its tables, so that deleted bytes are gone from the files. */
  erase(): Promise<void>;
  /**
   * Takes what can be read of a damaged document for the whole of it: where no peer has it. False when nothing can be
   * read, or the document is not damaged.
   */
  salvage(id: DocumentId): Promise<boolean>;
  /** Checks the next documents of a round over the whole store; the caller sets the pace. */
  scrub(maxDocuments: number): Promise<ScrubReport>;
  /**
   * One part of a backup, while everything goes on: all documents changed after where a part before it ended, or simply
   * all, deleted ones too; all as well where that is not of this store's history, and then it says why. With the parts before it, it is the store as it was at one moment. Throws a `BackupError`
   * when the database is opened anew meanwhile.
   */
  backup(since?: BackupPosition): AsyncIterable<Uint8Array>;
  /** Resolves when no write, index update or compaction is under way. */
  idle(): Promise<void>;
  status(): StoreStatus;
  onStatus(listener: (status: StoreStatus) => void): () => void;
  /** Writes what is queued, closes the database. Later calls are refused. */
  close(): Promise<void>;
}
