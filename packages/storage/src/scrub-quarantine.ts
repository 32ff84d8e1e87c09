import type { DocumentKey } from '@hearsay/core';
import { del } from './database.ts';
import type { LoadedDocument } from './document-loader.ts';
import { isOlder } from './document-state.ts';
import { feedKey } from './keys.ts';
import { loadVerified, type ScrubDocumentsDeps } from './scrub-documents.ts';
import { queueChange } from './submissions.ts';

/**
 * Reads a quarantined document again. What was unreadable once and reads well now is let out: the disk had a bad moment.
 * A document that the index knew and the store did not stays, until a peer sends it.
 */
export async function releaseSound(deps: ScrubDocumentsDeps, key: DocumentKey): Promise<boolean> {
  const loaded = await loadVerified(deps.handle, key);
  if (loaded.kind === 'damaged') return false;
  return deps.documents.use(key, async (document) => {
    if (document.damage === null || document.pending > 0 || document.damage.reason === 'LOST') return false;
    // An old version may be whole (google/leveldb#320).
    if (loaded.kind === 'whole' && isOlder(loaded.state, document.damage)) return false;
    if (loaded.kind === 'whole') return (await readmit(deps, document, loaded)).ok;
    return document.damage.reason === 'UNREADABLE' && deps.quarantine.forget(document);
  });
}

/** The entry of the feed by which the index was to forget it may itself be lost. True when that is mended. */
export async function forgetDigest(deps: ScrubDocumentsDeps, key: DocumentKey): Promise<boolean> {
  const [digest] = await deps.index.digests([key]);
  if (digest === null) return false;
  return deps.documents.use(key, (document) => {
    if (document.damage === null || document.pending > 0) return false;
    deps.quarantine.announce(document, document.damage);
    return true;
  });
}

function readmit(
  { loop }: ScrubDocumentsDeps,
  document: Parameters<typeof queueChange>[1],
  { id, state, feedSequence }: LoadedDocument & { readonly kind: 'whole' },
): ReturnType<typeof queueChange> {
  // Where it stood in the feed nobody knew while its head could not be read.
  return queueChange(loop, document, id, state, [del(feedKey(feedSequence))], null, { heals: true });
}
