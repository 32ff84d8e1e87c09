import type { DocumentId, DocumentKey, Life, ReplicaId } from '@hearsay/core';
import type { DeathCertificate, OutboxEntry } from '../ports.ts';

/** A change that the store has put on disk, as `storage` tells it. */
export interface CommittedChange {
  readonly key: DocumentKey;
  readonly id: DocumentId;
  readonly life: Life;
  readonly origin:
    | { readonly kind: 'peer'; readonly replica: ReplicaId }
    | { readonly kind: 'client' | 'local' | 'compaction' };
  /** Only what was new; null: a death certificate. */
  readonly update: Uint8Array | null;
  readonly certificate?: DeathCertificate | null;
  /** Position in the outbox. */
  readonly sequence: number;
}

/** The same as the outbox would tell it later. */
export function toOutboxEntries(changes: readonly CommittedChange[]): OutboxEntry[] {
  return changes.flatMap(({ key, id, life, origin, update, certificate, sequence }): OutboxEntry[] => {
    const from = origin.kind === 'peer' ? origin.replica : null;
    if (update !== null) return [{ sequence, key, from, change: { kind: 'update', id, life, update } }];
    if (!certificate) return [];
    return [{ sequence, key, from, change: { kind: 'certificate', id, certificate } }];
  });
}
