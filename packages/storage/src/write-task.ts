import type { DocumentId, Result } from '@hearsay/core';
import type { BatchOperation } from './database.ts';
import type { DocumentState } from './document-state.ts';
import type { WriteFailure } from './errors.ts';
import type { Damage, OpenDocument } from './open-documents.ts';
import type { DeathCertificate } from './replica.ts';
import type { UpdateOrigin } from './store-types.ts';

/** What the world is told of a change after its sync. */
export interface News {
  readonly origin: UpdateOrigin;
  /** Null: a death certificate. */
  readonly update: Uint8Array | null;
  readonly certificate: DeathCertificate | null;
}

/** A change of one document, validated against everything queued before it. */
export interface ChangeTask {
  readonly kind: 'change';
  readonly document: OpenDocument;
  readonly id: DocumentId;
  /** The document's state once this is on disk. */
  readonly after: DocumentState;
  /** Records beside the head, which is written once a batch. */
  readonly operations: readonly BatchOperation[];
  /** Null: nobody else is told (compaction). */
  readonly news: News | null;
  /** Whether the document moves to the head of the change feed, so that its digest is computed anew. */
  readonly moves: boolean;
  /** Whether the change ends the document's quarantine. */
  readonly heals: boolean;
  readonly bytes: number;
  /** With the outbox sequence: the change's own, or the last one for changes without news. */
  settle(outcome: Result<number, WriteFailure>): void;
}

/** Records of the store's own: index nodes, cursors, trims. */
export interface RecordTask {
  readonly kind: 'records';
  readonly operations: readonly BatchOperation[];
  readonly bytes: number;
  /** A document of which nothing is left, by its last position in the feed. */
  readonly forgotten?: number | undefined;
  /** Outbox entries dropped from its front. */
  readonly trim?: { readonly entries: number; readonly bytes: number };
  settle(outcome: Result<number, WriteFailure>): void;
}

/** A document found damaged: recorded, and moved in the feed so that the index forgets its digest. */
export interface QuarantineTask {
  readonly kind: 'quarantine';
  readonly document: OpenDocument;
  readonly damage: Damage;
  readonly bytes: number;
  settle(outcome: Result<number, WriteFailure>): void;
}

export type WriteTask = ChangeTask | RecordTask | QuarantineTask;
