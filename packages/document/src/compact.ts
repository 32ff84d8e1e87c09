import { equalBytes, sha256, toHex, tuple, utf8Encode } from '@hearsay/core';
import * as Y from 'yjs';
import { admitUpdate } from './admit.ts';
import { countItems } from './count-items.ts';
import { MaterializeError, materialize } from './materialize.ts';
import { mergeUpdates } from './merge.ts';
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
  /** Set where the document was too large to be loaded: what was deleted is still in the bytes, and what merging implies unknown. */
  readonly isMergedOnly?: true;
}

/**
 * Rewrites a causally closed log as one update, by loading it into a document. Checked before it is handed out: the
 * result, read anew by our own reader, knows exactly what the log said and the implied deletes, and loading it
 * gives a document that knows the same. Throws {@link MaterializeError} when Yjs cannot take the log.
 *
 * A log of more than `maxItems` (see {@link countItems}) is merged and not loaded: its bytes are in order, and that is all.
 */
export function compactUpdates(
  updates: readonly Uint8Array[],
  maxItems: number = Number.POSITIVE_INFINITY,
): Compaction {
  const said = versionOfLog(updates);
  if (countItems(updates, maxItems) > maxItems) return mergeOnly(updates, said);
  const state = stableState(updates);
  const version = versionOfLog([state]);
  if (!coversVersion(version, said) || !equalVersions(withoutDeletes(version), withoutDeletes(said))) {
    throw new MaterializeError('compaction would change what the document knows');
  }
  const implied = subtractDeleteSets(version.deleteSet, said.deleteSet);
  return { state, version, implied: implied.size === 0 ? null : writeUpdate([], implied) };
}

/**
 * SHA-256 over the compacted state, hexadecimal. Finds one (client, clock) with two contents, where digests cannot:
 * compare it only between replicas whose digests agree.
 */
export function contentHash(updates: readonly Uint8Array[]): string {
  return toHex(hashCompacted(stableState(updates)));
}

/** {@link contentHash} of a state that {@link compactUpdates} made. */
export function hashCompacted(state: Uint8Array): Uint8Array {
  return sha256(tuple(utf8Encode('hearsay/content/1'), state));
}

/**
 * Structs made by hand, with origins in two parents, can be collected one by one, one more at every load, as what
 * they depend on is collected. Histories that Yjs wrote are stable after the first.
 */
const maxLoads = 8;

/** A state that says of itself what loading it says. */
function stableState(updates: readonly Uint8Array[]): Uint8Array {
  let state = Y.encodeStateAsUpdate(materialize(updates));
  for (let loads = 1; loads < maxLoads; loads++) {
    const again = Y.encodeStateAsUpdate(materialize([state]));
    if (equalBytes(again, state) || equalVersions(versionOfLog([again]), versionOfLog([state]))) return state;
    state = again;
  }
  throw new MaterializeError('a compacted document does not load as it was');
}

function mergeOnly(updates: readonly Uint8Array[], said: Version): Compaction {
  const state = mergeUpdates(updates);
  if (!equalVersions(versionOfLog([state]), said)) {
    throw new MaterializeError('merging would change what the document knows');
  }
  return { state, version: said, implied: null, isMergedOnly: true };
}

function versionOfLog(updates: readonly Uint8Array[]): Version {
  let version = emptyVersion;
  for (const update of updates) {
    const admission = admitUpdate(update, version, Number.POSITIVE_INFINITY);
    if (!admission.ok) throw new MaterializeError(`stored updates are refused: ${admission.error.message}`);
    if (admission.value.kind === 'novel') version = admission.value.version;
  }
  return version;
}

function withoutDeletes(version: Version): Version {
  return { stateVector: version.stateVector, deleteSet: new Map() };
}
