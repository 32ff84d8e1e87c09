import { err, limits, ok, type TaggedError, taggedError } from '@hearsay/core';
import { mergeUpdates, versionDigest } from '@hearsay/document';
import type { DocumentStore } from '@hearsay/storage';
import type { DocumentWorkers } from '../workers/document-workers.ts';
import type { DocumentReadError, DocumentReader } from './documents.ts';

/** Serves the HTTP API's documents from a store; JSON is built by the workers. */
export function createStoreReader(
  store: Pick<DocumentStore, 'collections' | 'list' | 'read' | 'digests'>,
  workers: Pick<DocumentWorkers, 'json' | 'state'>,
): DocumentReader {
  return {
    collections: () => store.collections(),
    page: async (collection, prefix, after, limit) => {
      const listed = await store.list(collection, after, limit + 1, prefix);
      const documents = listed.slice(0, limit);
      const digests = await store.digests(documents.map(({ key }) => key));
      return {
        documents: documents.map(({ name }, index) => ({ name, digest: digests[index] ?? null })),
        next: listed.length > limit ? (documents.at(-1)?.name ?? null) : null,
      };
    },
    json: async (id) => {
      const read = await store.read(id);
      if (!read.ok) return err(readError(read.error));
      if (read.value === undefined) return ok(undefined);
      const { key, life, version, updates } = read.value;
      const json = await workers.json(key, updates);
      return json.ok ? ok({ life, digest: versionDigest(version, life), json: json.value }) : json;
    },
    state: async (id) => {
      const read = await store.read(id);
      if (!read.ok) return err(readError(read.error));
      if (read.value === undefined) return ok(undefined);
      const { key, updates } = read.value;
      const isSmall =
        updates.reduce((sum, { byteLength }) => sum + byteLength, 0) <= limits.inlineDocumentBytes;
      return isSmall ? ok(mergeUpdates(updates)) : workers.state(key, updates);
    },
  };
}

function readError(error: TaggedError): DocumentReadError {
  return taggedError('DOCUMENT_DAMAGED', error.message, error.retry);
}
