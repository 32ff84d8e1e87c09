import type { DocumentKey } from '@hearsay/core';
import { emptyVersion, equalVersions } from '@hearsay/document';
import { put } from './database.ts';
import type { DatabaseHandle } from './database-handle.ts';
import type { LoadedDocument } from './document-loader.ts';
import { phaseOf } from './document-state.ts';
import { readRecord, sealRecord } from './envelope.ts';
import type { IndexKeeper } from './index-keeper.ts';
import { leafOf } from './index-leaf.ts';
import {
  afterDocument,
  documentKeyBytes,
  documentsFrom,
  feedKey,
  nameKey,
  parseDocumentRecordKey,
} from './keys.ts';
import { damageOf, type OpenDocument, type OpenDocuments } from './open-documents.ts';
import type { Quarantine } from './quarantine.ts';
import { decodeKey, encodeKey } from './records.ts';
import type { StoreCounter } from './store-types.ts';
import { queueChange } from './submissions.ts';
import type { WriteLoop } from './write-loop.ts';

export interface ScrubDocumentsDeps {
  readonly handle: DatabaseHandle;
  readonly documents: OpenDocuments;
  readonly quarantine: Quarantine;
  readonly index: IndexKeeper;
  readonly loop: WriteLoop;
  count(counter: StoreCounter, by?: number): void;
}

export type DocumentVerdict = 'sound' | 'damaged' | 'repaired';

type WholeDocument = LoadedDocument & { readonly kind: 'whole' };

/** The first document at or after a place in the order of keys; undefined at the end of the store. */
export async function nextDocument(
  handle: DatabaseHandle,
  from: Uint8Array,
): Promise<{ readonly key: DocumentKey; readonly next: Uint8Array } | undefined> {
  const [recordKey] = await handle.read((database) =>
    database.keys({ ...documentsFrom(from), limit: 1 }).all(),
  );
  if (recordKey === undefined) return undefined;
  const place = parseDocumentRecordKey(recordKey);
  const keyBytes = recordKey.slice(1, 17);
  const next = afterDocument(keyBytes);
  if (place === undefined) return next === undefined ? undefined : nextDocument(handle, next);
  return { key: place.key, next: next ?? new Uint8Array(17).fill(0xff) };
}

/** Reads all of a document anew, and compares it with its name, its place in the feed and its leaf in the index. */
export async function checkDocument(deps: ScrubDocumentsDeps, key: DocumentKey): Promise<DocumentVerdict> {
  const { handle, documents, quarantine } = deps;
  const loaded = await loadVerified(handle, key);
  if (loaded.kind === 'absent' || quarantine.get(key) !== undefined) return 'sound';
  if (loaded.kind === 'damaged') {
    if (await isStray(deps, key, loaded)) {
      deps.count('recordsDamaged');
      return 'sound';
    }
    await documents.use(key, (document) => {
      if (document.pending > 0 || document.damage !== null) return;
      document.id ??= loaded.head?.id;
      quarantine.add(document, damageOf(loaded));
    });
    return 'damaged';
  }
  const repaired = (await isIndexed(deps, key, loaded)) && (await isListed(deps, key, loaded)) ? 0 : 1;
  if (repaired === 0) return 'sound';
  const done = await documents.use(key, (document) =>
    isStill(document, loaded) ? restore(deps, document, loaded) : false,
  );
  return done ? 'repaired' : 'sound';
}

/**
 * Whether these are records of another document whose keys are damaged: none fits its key, and the index knows of no such
 * document. They are passed over, and kept: they may be all that is left of it.
 */
async function isStray(
  { index }: ScrubDocumentsDeps,
  key: DocumentKey,
  { head, readable, known }: LoadedDocument & { readonly kind: 'damaged' },
): Promise<boolean> {
  if (head !== undefined || readable.length > 0 || !equalVersions(known, emptyVersion)) return false;
  const [digest] = await index.digests([key]);
  return digest === null;
}

export function loadVerified(handle: DatabaseHandle, key: DocumentKey): Promise<LoadedDocument> {
  return handle.load(documentKeyBytes(key), 'verified');
}

async function isIndexed(
  { index }: ScrubDocumentsDeps,
  key: DocumentKey,
  { state }: WholeDocument,
): Promise<boolean> {
  const [digest] = await index.digests([key]);
  return digest === leafOf(state);
}

async function isListed(
  { handle }: ScrubDocumentsDeps,
  key: DocumentKey,
  { id, state, feedSequence }: WholeDocument,
): Promise<boolean> {
  const name = nameKey(id.collection, id.name);
  const feed = feedKey(feedSequence);
  const [named, fed] = await handle.read((database) => database.getMany([name, feed]));
  const live = phaseOf(state) === 'live';
  const nameSays = named === undefined ? undefined : readRecord(name, named, decodeKey);
  const feedSays = fed === undefined ? undefined : readRecord(feed, fed, decodeKey);
  return (live ? nameSays === key : named === undefined) && feedSays === key;
}

function isStill(document: OpenDocument, { feedSequence }: WholeDocument): boolean {
  return document.pending === 0 && document.damage === null && document.feedSequence === feedSequence;
}

/** Writes head, name and feed entry again; the index follows the feed. */
async function restore(
  { loop }: ScrubDocumentsDeps,
  document: OpenDocument,
  { id }: WholeDocument,
): Promise<boolean> {
  const state = document.queued;
  const name = nameKey(id.collection, id.name);
  const operations =
    phaseOf(state) === 'live'
      ? [put(name, sealRecord(name, encodeKey(document.key)))]
      : [{ type: 'del', key: name } as const];
  return (await queueChange(loop, document, id, state, operations, null, { moves: true })).ok;
}
