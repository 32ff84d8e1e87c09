import { type DocumentId, type DocumentKey, documentKey, err, ok, type Result } from '@hearsay/core';
import { mergeUpdates } from '@hearsay/document';
import { type BatchOperation, del, put } from './database.ts';
import type { DatabaseHandle } from './database-handle.ts';
import type { LoadedDocument } from './document-loader.ts';
import { phaseOf } from './document-state.ts';
import { readRecord, sealRecord } from './envelope.ts';
import { notKept, type UndeleteError } from './errors.ts';
import { documentKeyBytes, keptContentsKey, keptKey, keptRange } from './keys.ts';
import type { OpenDocuments } from './open-documents.ts';
import type { WriteRecords } from './record-writer.ts';
import { decodeKept, decodeKeptContents, encodeKept, encodeKeptContents } from './records.ts';
import type { AgeClock, KeptDocument, SubmitReceipt } from './store-types.ts';
import type { Submissions } from './submissions.ts';

/** Contents of deleted documents, for as long as they may be brought back. */
export interface KeptContents {
  /** To be called before a life ends, up to `life`: sets its contents aside. */
  keep(id: DocumentId, life: number): Promise<void>;
  list(): Promise<readonly KeptDocument[]>;
  bringBack(id: DocumentId): Promise<Result<SubmitReceipt, UndeleteError>>;
  /** Forgets what was deleted before a moment of wall clock; returns how many. */
  forget(beforeMs: number): Promise<number>;
}

export interface KeptContentsDeps {
  readonly handle: DatabaseHandle;
  readonly documents: OpenDocuments;
  readonly submissions: Submissions;
  readonly write: WriteRecords;
  readonly clock: AgeClock;
  /** False: contents go with their life. */
  readonly isOn: boolean;
  loadContents(key: DocumentKey): Promise<LoadedDocument>;
}

export function createKeptContents(deps: KeptContentsDeps): KeptContents {
  const { handle, documents, submissions, write } = deps;

  async function keep(id: DocumentId, life: number): Promise<void> {
    if (!deps.isOn) return;
    const key = documentKey(id);
    const isDue = await documents.use(
      key,
      ({ damage, queued }) => damage === null && phaseOf(queued) === 'live' && queued.life <= life,
      id,
    );
    if (!isDue) return;
    const loaded = await deps.loadContents(key);
    if (loaded.kind !== 'whole' || phaseOf(loaded.state) !== 'live' || loaded.state.life > life) return;
    const bytes = documentKeyBytes(key);
    const [head, contents] = [keptKey(bytes), keptContentsKey(bytes)];
    // Where it cannot be written the deletion cannot either, and says so.
    await write([
      put(head, sealRecord(head, encodeKept({ id, life: loaded.state.life, deletedAtMs: deps.clock.now() }))),
      put(contents, sealRecord(contents, encodeKeptContents(loaded.updates))),
    ]);
  }

  async function list(): Promise<readonly KeptDocument[]> {
    const records = await handle.read((database) => database.iterator(keptRange()).all());
    return records.flatMap(([key, value]) => {
      const kept = readRecord(key, value, decodeKept);
      return kept === undefined ? [] : [kept];
    });
  }

  async function bringBack(id: DocumentId): Promise<Result<SubmitReceipt, UndeleteError>> {
    const key = documentKey(id);
    const bytes = documentKeyBytes(key);
    const [head, contents] = [keptKey(bytes), keptContentsKey(bytes)];
    const [keptValue, contentsValue] = await handle.read((database) => database.getMany([head, contents]));
    const kept = keptValue && readRecord(head, keptValue, decodeKept);
    const updates = contentsValue && readRecord(contents, contentsValue, decodeKeptContents);
    if (!kept || !updates) return err(notKept('nothing is kept of it'));
    const { phase, life } = await documents.use(
      key,
      ({ committed }) => ({ phase: phaseOf(committed), life: committed.life }),
      id,
    );
    if (phase !== 'deleted') return err(notKept('it has been created anew since'));
    const stored = await submissions.update(id, mergeUpdates(updates), { kind: 'local' }, life + 1);
    if (!stored.ok) return stored;
    await write([del(head), del(contents)]);
    return ok(stored.value);
  }

  return {
    keep,
    list,
    bringBack,
    async forget(beforeMs) {
      if (deps.clock.isSettled?.() === false) return 0;
      const due = (await list()).filter(({ deletedAtMs }) => deletedAtMs < beforeMs);
      const operations = due.flatMap(({ id }): BatchOperation[] => {
        const bytes = documentKeyBytes(documentKey(id));
        return [del(keptKey(bytes)), del(keptContentsKey(bytes))];
      });
      return operations.length > 0 && (await write(operations)) ? due.length : 0;
    },
  };
}
