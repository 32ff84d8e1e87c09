import type { Digest, DocumentId, DocumentKey, Life } from '@hearsay/core';
import { mergeUpdates, type Version, versionOfUpdate } from '@hearsay/document';
import { inspectUpdates } from '@hearsay/document/testing';
import { type CollectionRoot, type DocumentStore, liveLeaf } from '@hearsay/storage';

/** One live document, read through the store's public side. */
export interface DocumentCopy {
  readonly id: DocumentId;
  readonly key: DocumentKey;
  readonly life: Life;
  /** As the store has it in memory. */
  readonly version: Version;
  readonly updates: readonly Uint8Array[];
  /** Of the bytes as they were read: what the index ought to say. */
  readonly digest: Digest;
  /** What the index says. */
  readonly indexed: Digest | null;
  /** Stock Yjs waits for something that is not there. */
  readonly pending: boolean;
  readonly tokens: ReadonlySet<string>;
}

/** Everything a replica has, at one moment. */
export interface ReplicaCopy {
  readonly node: string;
  readonly roots: readonly CollectionRoot[];
  readonly documents: ReadonlyMap<DocumentKey, DocumentCopy>;
  /** Documents that cannot be read. */
  readonly unreadable: readonly string[];
}

/** Reads a whole store. Nothing may be written meanwhile. */
export async function copyReplica(node: string, store: DocumentStore): Promise<ReplicaCopy> {
  const documents = new Map<DocumentKey, DocumentCopy>();
  const unreadable = store.damaged().map(({ id, key, reason }) => `${id?.name ?? key}: ${reason}`);
  for (const collection of await store.collections()) {
    for (const { name, key } of await store.list(collection, '', 100_000)) {
      const stored = await store.read({ collection, name });
      if (!stored.ok) {
        unreadable.push(`${name}: ${stored.error.code}`);
        continue;
      }
      if (stored.value === undefined) {
        unreadable.push(`${name}: listed, but not there`);
        continue;
      }
      const { id, life, version, updates, ended } = stored.value;
      const read = versionOfUpdate(mergeUpdates(updates));
      const [indexed = null] = await store.digests([key]);
      documents.set(key, {
        id,
        key,
        life,
        version,
        updates,
        indexed,
        digest: read.ok ? liveLeaf(read.value, life, ended) : ('unreadable' as Digest),
        ...inspectUpdates(updates),
      });
    }
  }
  return { node, roots: await store.roots(), documents, unreadable };
}

/** All roots of a store as one comparable line. */
export function rootsLine(roots: readonly CollectionRoot[]): string {
  return roots.map(({ collection, count, digest }) => `${collection}:${count}:${digest}`).join(' ');
}
