import type { DocumentId, DocumentKey, Life } from '@hearsay/core';
import { emptyVersion, type Version } from '@hearsay/document';
import { type BatchOperation, del, put } from './database.ts';
import { type DocumentState, formerLives } from './document-state.ts';
import { sealRecord } from './envelope.ts';
import { nameKey, snapshotKey, tailKey, versionKey } from './keys.ts';
import { encodeKey, encodePart } from './records.ts';
import type { DeathCertificate } from './replica.ts';

/** A life's first update: whatever was there before goes. */
export function beginLife(
  document: { readonly key: DocumentKey; readonly keyBytes: Uint8Array; readonly queued: DocumentState },
  id: DocumentId,
  life: Life,
  update: Uint8Array,
  version: Version,
): { readonly after: DocumentState; readonly operations: BatchOperation[] } {
  const { keyBytes, key, queued } = document;
  const operations = dropContents(keyBytes, queued);
  const name = nameKey(id.collection, id.name);
  operations.push(put(name, sealRecord(name, encodeKey(key))));
  const fresh = { ...emptied(queued), life, certificate: null, former: formerLives(queued, life) };
  const extended = extendTail(document, fresh, update, version);
  return { after: extended.after, operations: [...operations, ...extended.operations] };
}

/** Records of a document's contents, deleted. Its name and head are others' to write. */
export function dropContents(keyBytes: Uint8Array, state: DocumentState): BatchOperation[] {
  const operations: BatchOperation[] = [];
  if (state.snapshotBytes > 0) operations.push(del(versionKey(keyBytes)), del(snapshotKey(keyBytes)));
  for (let sequence = state.baseSequence + 1; sequence <= state.tailSequence; sequence++) {
    operations.push(del(tailKey(keyBytes, sequence)));
  }
  return operations;
}

export function endedState(state: DocumentState, certificate: DeathCertificate): DocumentState {
  return { ...emptied(state), life: certificate.life, certificate, former: null };
}

/** Sequences go on over lives: an old mail reference must never find a new update. */
function emptied(state: DocumentState): DocumentState {
  return {
    ...state,
    version: emptyVersion,
    baseSequence: state.tailSequence,
    snapshotBytes: 0,
    tailBytes: 0,
  };
}

export function extendTail(
  document: { readonly keyBytes: Uint8Array },
  state: DocumentState,
  update: Uint8Array,
  version: Version,
): { readonly after: DocumentState; readonly operations: BatchOperation[] } {
  const sequence = state.tailSequence + 1;
  const key = tailKey(document.keyBytes, sequence);
  const payload = encodePart({ life: state.life, sequence, bytes: update });
  return {
    after: {
      ...state,
      version,
      tailSequence: sequence,
      tailBytes: state.tailBytes + update.byteLength,
    },
    operations: [put(key, sealRecord(key, payload))],
  };
}
