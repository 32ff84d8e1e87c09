import type { Digest, DocumentKey } from '@hearsay/core';
import { equalVersions, mergeUpdates, versionOfUpdate } from '@hearsay/document';
import { memoryNodes, updateIndex } from '@hearsay/merkle';
import type { DocumentStore } from '@hearsay/storage';
import type { ReplicaCopy } from './replica-copy.ts';
import type { Report } from './violation.ts';

/**
 * Invariants I6 and I9: what memory, index and root say of a document is what its bytes on disk say. `deleted` are the
 * documents that have a certificate and nothing else.
 */
export async function checkDigests(
  copy: ReplicaCopy,
  store: DocumentStore,
  deleted: readonly { readonly collection: string; readonly key: DocumentKey }[],
  report: Report,
): Promise<void> {
  const leaves = new Map<string, Map<DocumentKey, Digest>>();
  const leavesOf = (collection: string): Map<DocumentKey, Digest> => {
    const known = leaves.get(collection) ?? new Map<DocumentKey, Digest>();
    leaves.set(collection, known);
    return known;
  };
  for (const { id, key, digest, indexed, version, updates } of copy.documents.values()) {
    if (digest !== indexed) {
      report(
        'digest honesty',
        `${copy.node}: the bytes of ${id.name} have digest ${digest}, the index ${indexed}`,
      );
    }
    const read = versionOfUpdate(mergeUpdates(updates));
    if (read.ok && !equalVersions(read.value, version)) {
      report('digest honesty', `${copy.node}: ${id.name} has another version in memory than on disk`);
    }
    leavesOf(id.collection).set(key, digest);
  }
  for (const { collection, key } of deleted) {
    const [digest = null] = await store.digests([key]);
    if (digest !== null) leavesOf(collection).set(key, digest);
  }
  for (const { collection, count, digest } of copy.roots) {
    const { root } = await updateIndex(memoryNodes(), leavesOf(collection));
    if (root.digest !== digest || root.count !== count) {
      report(
        'digest honesty',
        `${copy.node}: the index of ${collection} rebuilt from its documents is ${root.count}:${root.digest}, it says ${count}:${digest}`,
      );
    }
  }
}
