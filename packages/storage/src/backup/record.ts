import type { Digest, DocumentId, DocumentKey, Life, ReplicaId } from '@hearsay/core';
import type { DeathCertificate } from '../replica.ts';

/** Where a part of a backup ended, as its manifest has it: where the next goes on. */
export interface BackupPosition {
  readonly replicaId: string;
  /** Of the store's start that gave out the cursor; parts of before it was noted have none. */
  readonly start?: string | undefined;
  readonly cursor: number;
}

/**
 * Why a part tells everything though it was asked for what changed. `OTHER_REPLICA`: it is of another store. `START_UNKNOWN`:
 * the part before, or the store, is of a version that did not note its starts. `OTHER_HISTORY`: since then the directory was put back to what it had been, the
 * end of its log was lost, or it was started too often to remember. `FORGOTTEN`: what the parts before tell of has been forgotten.
 */
export type WholeReason = 'OTHER_REPLICA' | 'START_UNKNOWN' | 'OTHER_HISTORY' | 'FORGOTTEN';

/** Where a part of a backup begins. */
export interface BackupStart {
  readonly kind: 'start';
  readonly cluster: string;
  readonly replicaId: ReplicaId;
  readonly incarnation: number;
  /** Position in that replica's change feed after which this part tells changes; 0: everything. */
  readonly since: number;
  /** Which start of the store this is; earlier versions did not say. */
  readonly start?: string | undefined;
  readonly whole?: WholeReason | undefined;
  /** Wall clock, milliseconds. */
  readonly startedAt: number;
  /** Documents that will follow, as far as can be told; more come when they change meanwhile. */
  readonly expected: number;
}

/** A document as it was at one moment. Told again when it changed while the part was written: the last one counts. */
export interface BackupDocument {
  readonly kind: 'document';
  readonly id: DocumentId;
  readonly life: Life;
  /** Of this life where it is over, else of the one before; null where nothing is known of any end. */
  readonly certificate: DeathCertificate | null;
  /** As the index has it: what is restored is compared with it. */
  readonly digest: Digest;
  /** A causally closed log; empty of a deleted document. */
  readonly updates: readonly Uint8Array[];
}

/** A document that the replica could not read: the backup is complete without it only if an earlier part has it. */
export interface BackupDamage {
  readonly key: DocumentKey;
  readonly id: DocumentId | null;
  readonly reason: string;
}

/** Where a part ends: all parts up to here are the store as it was at one moment. */
export interface BackupEnd {
  readonly kind: 'end';
  /** Position in the change feed at that moment: where the next part goes on. */
  readonly cursor: number;
  /** Documents that the store then had, deleted and damaged ones too. */
  readonly total: number;
  /** Feed entries that could not be read: documents may be missing here. The scrub puts them right. */
  readonly unlisted: number;
  readonly damaged: readonly BackupDamage[];
  /** Wall clock, milliseconds. */
  readonly endedAt: number;
}

export type BackupRecord = BackupStart | BackupDocument | BackupEnd;

/**
 * `BACKUP_DAMAGED`: bytes are wrong or missing. `BACKUP_INTERRUPTED`: the store was closed or opened anew
 * meanwhile, or the connection ended; begin again. `BACKUP_UNSUPPORTED`: of a later version.
 */
export type BackupErrorCode = 'BACKUP_DAMAGED' | 'BACKUP_INTERRUPTED' | 'BACKUP_UNSUPPORTED';

/** Thrown while a backup is written or read. */
export class BackupError extends Error {
  readonly code: BackupErrorCode;

  constructor(code: BackupErrorCode, message: string) {
    super(message);
    this.name = 'BackupError';
    this.code = code;
  }
}
