import type { Lineage, ResetReason } from '../channel/channel-types.ts';
import type { EditKey } from '../channel/edit-ledger.ts';

/** One update of a document, to be kept on this device. */
export interface CopyRecord {
  readonly key: EditKey;
  readonly update: Uint8Array;
  /** Made on this device and on no server yet. */
  readonly isUnsaved: boolean;
}

export interface StoredCopy {
  readonly lineage: Lineage;
  readonly records: readonly { readonly key: EditKey; readonly update: Uint8Array }[];
  /** Edits that no server has, oldest first. */
  readonly unsaved: readonly EditKey[];
}

/** A copy of a document whose life ended elsewhere, as it was here. It is merged into nothing. */
export interface CopyAside {
  readonly id: number;
  readonly reason: ResetReason;
  readonly lineage: Lineage;
  /** Unix milliseconds. */
  readonly at: number;
  /** All of it, as one Yjs update. */
  readonly update: Uint8Array;
  /** Edits in it that no server had. */
  readonly unsaved: number;
}

/**
 * What this device keeps of one document. Several tabs may have it open at once: records are added under keys that are never
 * used twice, and what is removed is in a record that stays.
 */
export interface LocalCopy {
  /** Whether it outlives the program. */
  readonly isDurable: boolean;
  /** Of the document's copies on this device, the one that is neither older nor younger than a putting aside. */
  readonly number: number;
  /** All that is there now; may be asked again, for what other tabs have added. */
  load(): Promise<StoredCopy>;
  /** Durable when it resolves. What failed is written again with what comes next. */
  append(record: CopyRecord): Promise<void>;
  /** A server has them. */
  settle(keys: readonly EditKey[]): Promise<void>;
  remember(lineage: Lineage): Promise<void>;
  /** Puts one record in the place of all there are; `merge` gives the whole document with them. */
  compact(key: EditKey, merge: (updates: readonly Uint8Array[]) => Uint8Array): Promise<void>;
  /** From now on a new and empty copy is the document's; this object goes on with the one put aside. */
  putAside(reason: ResetReason, at: number): Promise<void>;
  copiesAside(merge: (updates: readonly Uint8Array[]) => Uint8Array): Promise<readonly CopyAside[]>;
  discardAside(id: number): Promise<void>;
  close(): Promise<void>;
}
