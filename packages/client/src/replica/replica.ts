import type { DocumentId, Life } from '@hearsay/core';
import type { DocumentListing } from '@hearsay/storage';
import type * as Y from 'yjs';
import type { ReplicaDocument } from './live-document.ts';
import type { ReplicaStorage } from './platform/platform.ts';
import type { CopyAside } from './set-aside.ts';

export interface ReplicaOptions {
  /** Collections to keep, whole or below `prefix`. */
  readonly collections: readonly string[];
  /** Only documents whose names begin with it (default: all). May become shorter later, not longer. */
  readonly prefix?: string;
  /** A name in browsers (IndexedDB), a directory in Node (LevelDB), or a database of the Level family. */
  readonly storage: ReplicaStorage;
  /** Addresses of nodes of one cluster, `wss://…`; one is used at a time, the next when it is gone. */
  readonly servers: readonly string[];
  /** Asked for at every link; none for servers that take anybody. */
  readonly token?: string | (() => string | Promise<string>);
  /** Milliseconds between two comparisons with the server while nothing happens (default 60,000). */
  readonly compareEveryMs?: number;
}

/**
 * `offline`: no link, tried again with growing pauses. `connecting`: a server is being called. `catching-up`: linked, and not
 * yet seen to be equal. `live`: was equal since the link came up; changes come and go as they are made. `refused`: the
 * server does not let this replica in; tried again seldom. `failed`: the storage has failed. `closed`.
 */
export type ReplicaState =
  | 'offline'
  | 'connecting'
  | 'catching-up'
  | 'live'
  | 'refused'
  | 'failed'
  | 'closed';

export interface ReplicaProgress {
  /** Documents here. */
  readonly documents: number;
  /** Documents that the server has. */
  readonly of: number;
}

export interface ReplicaStatus {
  readonly state: ReplicaState;
  /** The server that is called or linked. */
  readonly server: string | null;
  /** Why the last call or link ended; null while linked. */
  readonly reason: string | null;
  /** Whether the server takes edits from here; null until one has said so. */
  readonly mayWrite: boolean | null;
  /** Documents here, deleted ones too. */
  readonly documents: number;
  /** Documents with edits that no server has stored. */
  readonly unsent: number;
  /** Of the catching up under way; null when there is none. */
  readonly progress: ReplicaProgress | null;
  /** Bytes of messages over the present link. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** A document was ended elsewhere while it was open here or had edits that were not sent. */
export interface ReplicaReset {
  readonly id: DocumentId;
  readonly life: Life;
  /** The last copy here, kept until it is discarded; null when nothing of it would be lost. */
  readonly copy: CopyAside | null;
}

export interface ReplicaEvents {
  readonly status: ReplicaStatus;
  readonly progress: ReplicaProgress;
  readonly reset: ReplicaReset;
  /** Documents that have changed here, whoever changed them. */
  readonly changed: readonly DocumentId[];
}

/** A copy of whole collections that is kept equal with a cluster, by the same engine as its nodes. */
export interface Replica {
  status(): ReplicaStatus;
  /** Resolves when this replica has been seen to be equal with a server's since the last link came up. */
  whenLive(): Promise<void>;
  /** Opens a document, there or not, online or not. `anew` lets the first edit begin a deleted one anew. */
  open(
    collection: string,
    name: string,
    options?: { readonly doc?: Y.Doc; readonly anew?: boolean },
  ): Promise<ReplicaDocument>;
  /** Documents by name, after one (`''`: from the first). */
  list(collection: string, after: string, limit: number): Promise<readonly DocumentListing[]>;
  /** Deletes a document, here and everywhere, where it may be written to; servers keep the contents for a time. False when there is none. */
  delete(collection: string, name: string): Promise<boolean>;
  /** Copies of documents that were ended elsewhere with edits in them, until they are discarded. */
  copiesAside(): Promise<readonly CopyAside[]>;
  discard(copy: CopyAside): Promise<void>;
  /** Compares with the server now. */
  compare(): void;
  on<Name extends keyof ReplicaEvents>(
    name: Name,
    listener: (event: ReplicaEvents[Name]) => void,
  ): () => void;
  /** Stores what is open, says goodbye, closes the storage. */
  close(): Promise<void>;
}
