import { equalBytes, fromHex } from '@hearsay/core';
import {
  admitUpdate,
  compactUpdates,
  compareSketch,
  decodeStateVector,
  decodeVersion,
  documentJson,
  emptyVersion,
  encodeVersion,
  sketchVersion,
  versionOfUpdate,
} from '@hearsay/document';
import * as Y from 'yjs';
import { stateVectors, updates, versions } from './corpus/updates.ts';
import type { FuzzTarget } from './fuzz.ts';

/** Updates and what tells of them: what is admitted, Yjs takes whole. */
export function documentTargets(): FuzzTarget[] {
  const [first = new Uint8Array()] = updates.map(fromHex);
  const known = versionOfUpdate(first);
  if (!known.ok) throw new Error('the first update of the corpus is no update');
  return [
    {
      name: 'updates',
      corpus: updates.map(fromHex),
      feed: (update) => {
        const admission = admitUpdate(update, emptyVersion);
        if (!admission.ok || admission.value.kind === 'known') return false;
        const document = new Y.Doc();
        Y.applyUpdate(document, admission.value.update);
        if (document.store.pendingStructs !== null || document.store.pendingDs !== null) {
          throw new Error('an admitted update leaves something pending');
        }
        documentJson([admission.value.update]);
        compactUpdates([admission.value.update]);
        return true;
      },
    },
    {
      name: 'updates of a known document',
      corpus: updates.map(fromHex),
      feed: (update) => {
        const admission = admitUpdate(update, known.value);
        if (!admission.ok || admission.value.kind === 'known') return false;
        documentJson([first, admission.value.update]);
        return true;
      },
    },
    {
      name: 'versions',
      corpus: versions.map(fromHex),
      feed: (bytes) => {
        const version = decodeVersion(bytes);
        if (version.ok && !equalBytes(encodeVersion(version.value), bytes)) {
          throw new Error('a version has two encodings');
        }
        return version.ok;
      },
    },
    {
      name: 'state vectors',
      corpus: stateVectors.map(fromHex),
      feed: (bytes) => decodeStateVector(bytes, 1024).ok,
    },
    {
      name: 'sketches',
      corpus: [known.value, emptyVersion].map(sketchVersion),
      feed: (bytes) => compareSketch(first, known.value, bytes).ok,
    },
  ];
}
