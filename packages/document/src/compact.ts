import { sha256, toHex, tuple, utf8Encode } from '@hearsay/core';
import * as Y from 'yjs';
import { admitUpdate } from './admit.ts';
import { MaterializeError, materialize } from './materialize.ts';
import { writeUpdate } from './update-writer.ts';
import { coversVersion, emptyVersion, equalVersions, subtractDeleteSets, type Version } from './version.ts';

export interface Compaction {
  /** All of the document as one update, without deleted content. */
  readonly state: Uint8Array;
  /** Version of `state`: what the updates said, and `implied`. */
  readonly version: Version;
  /**
   * Deletes that no update says but their sum means (overwritten map entries, content of deleted parents), as an
   * update of deletes alone; null when there are none. To be stored and gossiped like any other update.
   */
  readonly implied: Uint8Array | null;
}

/**
 * Rewrites a causally closed log as one update, by loading it into a document. Checked before it is handed out: the
 * result, read anew by our own reader, knows exactly what the log said and the implied deletes, and loading it
 * gives the same document again. Throws {@link MaterializeError} when Yjs cannot take the log.
 */
export function compactUpdates(updates: readonly Uint8Array[]): Compaction {
  const said = versionOfLog(updates);
  const state = Y.encodeStateAsUpdate(materialize(updates));
  const version = versionOfLog([state]);
  const lost = !coversVersion(version, said) || !sameClocks(version, said);
  if (lost) throw new MaterializeError('compaction would change what the document knows');
  const again = Y.encodeStateAsUpdate(materialize([state]));
  if (!equalVersions(versionOfLog([again]), version)) {
    throw new MaterializeError('a compacted document does not load as it was');
  }
  const implied = subtractDeleteSets(version.deleteSet, said.deleteSet);
  return { state, version, implied: implied.size === 0 ? null : writeUpdate([], implied) };
}

/**
 * SHA-256 over the compacted state, hexadecimal. Finds one (client, clock) with two contents, where digests cannot:
 * compare it only between replicas whose digests agree.
 */
export function contentHash(updates: readonly Uint8Array[]): string {
  return toHex(sha256(tuple(utf8Encode('hearsay/content/1'), Y.encodeStateAsUpdate(materialize(updates)))));
}

function versionOfLog(updates: readonly Uint8Array[]): Version {
  let version = emptyVersion;
  for (const update of updates) {
    const admission = admitUpdate(update, version);
    if (!admission.ok) throw new MaterializeError(`stored updates are refused: ${admission.error.message}`);
    if (admission.value.kind === 'novel') version = admission.value.version;
  }
  return version;
}

function sameClocks(a: Version, b: Version): boolean {
  return equalVersions({ ...a, deleteSet: new Map() }, { ...b, deleteSet: new Map() });
}
