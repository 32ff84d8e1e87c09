import { countedFindings, type StoreFinding } from './findings.ts';
import type { StoreCounter } from './store-types.ts';

/** Running counts of a store, for its status; those of damage are also told. */
export function createCounts(found: (finding: StoreFinding) => void = () => {}): {
  readonly counts: Record<StoreCounter, number>;
  count(counter: StoreCounter, by?: number): void;
} {
  const counts: Record<StoreCounter, number> = {
    batches: 0,
    changes: 0,
    duplicates: 0,
    writeFailures: 0,
    reopened: 0,
    compactions: 0,
    compactionFailures: 0,
    documentsDamaged: 0,
    documentsHealed: 0,
    recordsDamaged: 0,
    logHoles: 0,
    recordsTorn: 0,
    tailLost: 0,
    changesMissing: 0,
    stalls: 0,
    staleReads: 0,
    indexRebuilds: 0,
    indexedDocuments: 0,
    outboxDropped: 0,
    certificatesRested: 0,
    certificatesForgotten: 0,
    certificatesWoken: 0,
    stampsRefused: 0,
    scrubbedDocuments: 0,
    scrubRepairs: 0,
  };
  return {
    counts,
    count(counter, by = 1) {
      counts[counter] += by;
      const code = countedFindings[counter];
      if (code !== undefined && by > 0) found({ code, count: by });
    },
  };
}
