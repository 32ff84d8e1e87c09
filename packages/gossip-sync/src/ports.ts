import type {
  Digest,
  DocumentId,
  DocumentKey,
  Life,
  ReplicaId,
  Result,
  StampError,
  TaggedError,
} from '@hearsay/core';
import type { IndexRoot, WalkAnswer, WalkQuestion, WalkStep } from '@hearsay/merkle';
import type { CloseCode } from './wire/close-codes.ts';

/** Who runs here: the disk's identity and how often it has been started. */
export interface ReplicaIdentity {
  readonly cluster: string;
  readonly replicaId: ReplicaId;
  /** Raised at every start of the store. */
  readonly incarnation: number;
}

/** The root of one collection's index. */
export interface CollectionRoot extends IndexRoot {
  readonly collection: string;
}

/** One page of the change feed: every document changed after a cursor, once, oldest change first. */
export interface RecentPage {
  readonly entries: readonly { readonly key: DocumentKey; readonly digest: Digest | null }[];
  /** Cursor of the last entry, or of the feed's head when nothing is left. */
  readonly cursor: number;
  readonly complete: boolean;
}

/** When a document was deleted and by whom. Stamps are hybrid logical clock values, see `core`. */
export interface DeathCertificate {
  /** The last life that is dead. */
  readonly life: Life;
  readonly deletedAt: number;
  /** When it last woke a stale copy; decides dormancy, never what is deleted. */
  readonly activatedAt: number;
  readonly by: ReplicaId;
  /** Clients that wrote in this life or those before, ascending: of many, the lowest 128. Who has any of them is of a dead life. */
  readonly clients: readonly number[];
}

/** What is known of one document, for rung 3: absent documents are described by life 0 and no sketch. */
export interface DocumentDescription {
  readonly key: DocumentKey;
  readonly life: Life;
  /** `sketchVersion` of the live document; null when it is deleted or absent. */
  readonly sketch: Uint8Array | null;
  /** Of what is known of lives that are over; null when none is. */
  readonly ended: Digest | null;
}

/** Something to be made known to another replica. */
export type DocumentChange =
  | {
      readonly kind: 'update';
      readonly id: DocumentId;
      readonly life: Life;
      readonly update: Uint8Array;
    }
  | { readonly kind: 'certificate'; readonly id: DocumentId; readonly certificate: DeathCertificate };

/** The answer to a peer's description of one document. */
export interface DocumentDifference {
  readonly key: DocumentKey;
  /** What the peer lacks, in order; empty when nothing. */
  readonly changes: readonly DocumentChange[];
  /** Whether the peer knows something that is unknown here: then `mine` tells it what to send. */
  readonly wanted: boolean;
  readonly mine: DocumentDescription;
  /** Set where `changes` may not be all that the peer lacks: it is to ask again once it has them. */
  readonly isPartial?: true;
  /** Set where the document takes more than there is to compare it: nothing is said of it. */
  readonly isUndecided?: true;
}

export type ReceiveError = StampError | RefusedChange;

type RefusedChange = TaggedError<
  | 'NAME_INVALID'
  | 'UPDATE_MALFORMED'
  | 'UPDATE_LIMIT'
  | 'UPDATE_MISSING_DEPENDENCIES'
  | 'LIFE_ENDED'
  | 'LIFE_UNKNOWN'
  | 'NOT_PERMITTED'
  | 'DOCUMENT_DAMAGED'
  | 'DISK_FULL'
  | 'DOCUMENT_FULL'
  | 'DISK_STALLED'
  | 'STORE_BUSY'
  | 'STORE_UNAVAILABLE'
>;

/** What became of one received change, after it is synced to disk. `novel`: it held something new. */
export type ReceiveOutcome = Result<{ readonly key: DocumentKey; readonly novel: boolean }, ReceiveError>;

/** One entry of the outbox: a committed change, in commit order, with where it came from. */
export interface OutboxEntry {
  /** Position in this replica's outbox; ascending, never reused within an incarnation's store. */
  readonly sequence: number;
  readonly key: DocumentKey;
  /** The peer it came from; null for changes that entered the cluster here. */
  readonly from: ReplicaId | null;
  readonly change: DocumentChange;
}

export interface OutboxPage {
  readonly entries: readonly OutboxEntry[];
  /** Continue after this sequence. */
  readonly cursor: number;
  /** Entries between the asked cursor and the first one left that were dropped: repair's to mend. */
  readonly dropped: number;
}

/** What one document contains, at one version. */
export interface ContentEntry {
  readonly key: DocumentKey;
  /** As the index has it. */
  readonly version: Digest;
  /** Of the contents: two of one version are two documents under one name. */
  readonly content: Digest;
}

/** Some of the live documents, in the order of their keys. */
export interface ContentsPage {
  readonly entries: readonly ContentEntry[];
  /** Where the next page begins; null: at the first document again. */
  readonly next: DocumentKey | null;
}

/**
 * What gossip needs of a store. `storage` implements it; so does whatever else passes its contract suite.
 * Every call may wait for disk; a rejected promise means the store is gone.
 */
export interface Replica {
  readonly identity: ReplicaIdentity;
  /** Roots of all collections that hold anything, ascending by name, with every commit so far included. */
  roots(): Promise<readonly CollectionRoot[]>;
  /**
   * Head of the change feed: the cursor at which `recent` would find nothing. While the index cannot be written it stays
   * behind with the roots: who has the same roots is not to take what they do not tell for known.
   */
  feedHead(): Promise<number>;
  recent(after: number, maxEntries: number): Promise<RecentPage>;
  /** Digests as the index has them; null where the document is unknown. Same order as `keys`. */
  digests(keys: readonly DocumentKey[]): Promise<readonly (Digest | null)[]>;
  answerWalk(collection: string, question: WalkQuestion, maxBytes: number): Promise<WalkAnswer>;
  /** `questionWalk`, `answerWalk` and `compareWalk` of merkle, on the index of one collection. */
  questionWalk(collection: string, paths: readonly string[]): Promise<WalkQuestion>;
  compareWalk(collection: string, question: WalkQuestion, answer: WalkAnswer): Promise<WalkStep>;
  describe(keys: readonly DocumentKey[]): Promise<readonly DocumentDescription[]>;
  /** What the next documents after a key contain; few, as each is built for it. Leaves out what is too large or cannot be built. */
  contents(after: DocumentKey | null, maxDocuments: number): Promise<ContentsPage>;
  /** Those of `entries` that have the same version here, and other contents. */
  conflicting(entries: readonly ContentEntry[]): Promise<readonly DocumentKey[]>;
  /** Compares a peer's description with the document here. Damaged documents give no changes. */
  difference(theirs: DocumentDescription): Promise<DocumentDifference>;
  /** Validates and stores; resolves after the sync, outcomes in the order of `changes`. */
  receive(
    changes: readonly DocumentChange[],
    from: ReplicaId,
    options?: {
      /** Documents of which `from` has nothing that is not known here, once `changes` are stored. */
      readonly complete?: readonly DocumentKey[];
    },
  ): Promise<readonly ReceiveOutcome[]>;
  /** The other replica's feed position up to which everything it had was known here; 0 when they never met. */
  peerCursor(peer: ReplicaId): Promise<number>;
  setPeerCursor(peer: ReplicaId, cursor: number): Promise<void>;
  outboxHead(): Promise<number>;
  outbox(after: number, maxBytes: number): Promise<OutboxPage>;
  /** Where mail to a peer goes on; undefined when it has never been mailed. */
  mailCursor(peer: ReplicaId): Promise<number | undefined>;
  setMailCursor(peer: ReplicaId, cursor: number): Promise<void>;
  /** Small records of the engine's own (known peers, refutations), by name. */
  readState(name: string): Promise<Uint8Array | undefined>;
  writeState(name: string, value: Uint8Array): Promise<void>;
}

/** One end of an open byte-message pipe to a peer, or to a stranger who has not said hello. */
export type LinkId = number;

export type LinkDirection = 'dialled' | 'accepted';

/** What a transport tells its driver. Frames are whole messages, in order, at most once. */
export interface TransportListener {
  linkOpened(link: LinkId, direction: LinkDirection, address: string): void;
  frameReceived(link: LinkId, frame: Uint8Array): void;
  /** After this the link is gone; also the answer to a dial that failed (`link` null). */
  linkClosed(link: LinkId | null, address: string, code: number, reason: string): void;
  /**
   * Some of what was sent has arrived, or left this machine where no more is known: `bufferedBytes` is less than it was.
   * Up to {@link untoldBytes} may be buffered without it.
   */
  linkDrained(link: LinkId): void;
}

/** So little may be under way without a word when it has arrived. */
export const untoldBytes = 16_384;

/** Message pipes: WebSockets in production, the simulator's network in tests. */
export interface Transport {
  listen(listener: TransportListener): void;
  /** Answers with `linkOpened` or `linkClosed(null, …)`. */
  dial(address: string): void;
  /** False when the link is gone or its buffer is over the hard limit (the link is then closed). */
  send(link: LinkId, frame: Uint8Array): boolean;
  /** Sent and not arrived; where that is not known, not yet left this machine. */
  bufferedBytes(link: LinkId): number;
  /** Reads nothing more from a link until {@link release}, where sockets can be paused; what was read before may still come. */
  hold(link: LinkId): void;
  release(link: LinkId): void;
  /** The other end has proved who it is: what strangers are bounded by ends. */
  proven(link: LinkId): void;
  close(link: LinkId, code: number, reason: string): void;
}

/** Why a proof is not taken, as the other side is told. */
export interface ProofRefusal {
  readonly code: CloseCode;
  readonly reason: string;
}

/** Proves and checks membership of the cluster, or what a guest may have. */
export interface Authenticator {
  /** A short-lived proof, for `audience` alone, that the holder of the cluster secret saw `nonce`. */
  prove(identity: ReplicaIdentity, audience: ReplicaId, nonce: string): Promise<string>;
  verify(
    proof: string,
    from: ReplicaIdentity,
    audience: ReplicaId,
    nonce: string,
  ): Promise<boolean | ProofRefusal>;
}
