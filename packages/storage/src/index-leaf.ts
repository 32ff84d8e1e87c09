import { concat, type Digest, digestOf, fromHex, type Life } from '@hearsay/core';
import { type Version, versionDigest } from '@hearsay/document';
import { certificateDigest, clientsDigest } from './certificates.ts';
import { type DocumentState, lastEnd, phaseOf } from './document-state.ts';

/** What the index holds of a document: equal on two replicas exactly when the documents are, and what is known of ended lives. */
export function leafOf(state: DocumentState): Digest | null {
  switch (phaseOf(state)) {
    case 'absent':
      return null;
    case 'live':
      return liveLeaf(state.version, state.life, endDigest(state));
    case 'deleted':
      return endDigest(state);
  }
}

/** Of a live document; `ended` is the digest of how its life before ended, null in the first life. */
export function liveLeaf(version: Version, life: Life, ended: Digest | null): Digest {
  const digest = versionDigest(version, life);
  return ended === null ? digest : digestOf('hearsay/reborn/1', concat(fromHex(digest), fromHex(ended)));
}

/** Of what is known of lives that are over; null where none is. Equal on replicas that know the same. */
export function endDigest(state: DocumentState): Digest | null {
  const end = lastEnd(state);
  if (end === null) return null;
  return phaseOf(state) === 'deleted' ? certificateDigest(end) : clientsDigest(end);
}
