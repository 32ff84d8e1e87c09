import { type DocumentId, type DocumentKey, documentKey, err, ok, type Result } from '@hearsay/core';
import type { DatabaseHandle } from './database-handle.ts';
import { type DocumentState, phaseOf } from './document-state.ts';
import { readRecord } from './envelope.ts';
import { documentDamaged, type ReadError } from './errors.ts';
import type { IndexedDocument } from './index-keeper.ts';
import { endDigest } from './index-leaf.ts';
import { documentKeyBytes, headKey } from './keys.ts';
import type { OpenDocument, OpenDocuments } from './open-documents.ts';
import type { Quarantine } from './quarantine.ts';
import { decodeHead } from './records.ts';
import type { DocumentLookup, StoredDocument } from './store-types.ts';

/** What is on disk of a document, by way of memory where it is there. */
export interface DocumentReader {
  lookup(id: DocumentId): Promise<DocumentLookup>;
  /** Undefined where no live document is. */
  read(id: DocumentId): Promise<Result<StoredDocument | undefined, ReadError>>;
  /** For the index: does not fill the memory with documents that nobody uses. */
  indexed(key: DocumentKey): Promise<IndexedDocument>;
  /** What a document is called; undefined where nothing is known of it. */
  identify(key: DocumentKey): Promise<DocumentId | undefined>;
}

export function createDocumentReader(deps: {
  readonly handle: DatabaseHandle;
  readonly documents: OpenDocuments;
  readonly quarantine: Quarantine;
}): DocumentReader {
  const { handle, documents, quarantine } = deps;

  async function indexed(key: DocumentKey): Promise<IndexedDocument> {
    const open = documents.peek(key);
    if (open !== undefined) return ofOpen(open);
    const kept = quarantine.get(key);
    if (kept !== undefined) return { collection: kept.id?.collection, state: null };
    const loaded = await handle.load(documentKeyBytes(key), 'version');
    if (loaded.kind === 'absent') return { collection: undefined, state: null };
    if (loaded.kind === 'damaged') return documents.use(key, ofOpen);
    return { collection: loaded.id.collection, state: loaded.state };
  }

  return {
    lookup: (id) => documents.use(documentKey(id), toLookup, id),
    indexed,
    async read(id) {
      const key = documentKey(id);
      const loaded = quarantine.get(key) ?? (await quarantine.loadContents(key, id));
      if ('reason' in loaded) return err(documentDamaged(loaded.reason));
      if (loaded.kind === 'absent' || phaseOf(loaded.state) !== 'live') return ok(undefined);
      const { state, updates } = loaded;
      const endedClients = state.former?.clients ?? [];
      const { life, version } = state;
      return ok({ key, id, life, version, updates, endedClients, ended: endDigest(state) });
    },
    async identify(key) {
      const known = documents.peek(key)?.id ?? quarantine.get(key)?.id;
      if (known !== undefined) return known;
      const record = headKey(documentKeyBytes(key));
      const value = await handle.read((database) => database.get(record));
      return value === undefined ? undefined : readRecord(record, value, decodeHead)?.id;
    },
  };
}

function ofOpen(document: OpenDocument): IndexedDocument {
  const state: DocumentState | null = document.damage === null ? document.committed : null;
  return { collection: document.id?.collection, state };
}

function toLookup({ key, damage, committed }: OpenDocument): DocumentLookup {
  if (damage !== null) return { key, phase: 'damaged', life: damage.life, certificate: null, bytes: 0 };
  const { life, certificate, former, snapshotBytes, tailBytes } = committed;
  const phase = phaseOf(committed);
  const bytes = phase === 'live' ? snapshotBytes + tailBytes : 0;
  return { key, phase, life, certificate: certificate ?? (life === 0 ? former : null), bytes };
}
