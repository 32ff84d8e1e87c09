import type { DocumentId, DocumentKey } from '@hearsay/core';
import type { QuarantineReason } from './records.ts';
import type { StoreCounter } from './store-types.ts';

/** Damage that was found, at the opening or later; told once, when it is found. */
export type StoreFinding =
  | {
      readonly code: 'DOCUMENT_DAMAGED';
      readonly key: DocumentKey;
      /** Undefined where its name is lost too. */
      readonly id: DocumentId | undefined;
      readonly reason: QuarantineReason;
    }
  | { readonly code: CountedFinding; readonly count: number };

/**
 * `RECORD_TORN`: the last write was cut short, and nobody was told that it was done. `TAIL_LOST`: changes that had been written are gone from the end of the log. `CHANGES_MISSING`: from its middle. `LOG_HOLE`:
 * places where they are. `RECORD_DAMAGED`: a record of the store's own. `INDEX_REBUILT`: the indexes are built anew.
 */
export type CountedFinding =
  | 'RECORD_TORN'
  | 'TAIL_LOST'
  | 'LOG_HOLE'
  | 'CHANGES_MISSING'
  | 'RECORD_DAMAGED'
  | 'INDEX_REBUILT';

/** Counters that count damage. That of documents is told with their names. */
export const countedFindings: Readonly<Partial<Record<StoreCounter, CountedFinding>>> = {
  recordsTorn: 'RECORD_TORN',
  tailLost: 'TAIL_LOST',
  logHoles: 'LOG_HOLE',
  changesMissing: 'CHANGES_MISSING',
  recordsDamaged: 'RECORD_DAMAGED',
  indexRebuilds: 'INDEX_REBUILT',
};
