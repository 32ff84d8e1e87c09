import { type DocumentId, type DocumentKey, documentKey, err, ok, type Result } from '@hearsay/core';
import { type BatchOperation, del, put } from './database.ts';
import type { DatabaseHandle } from './database-handle.ts';
import type { LoadedDocument } from './document-loader.ts';
import { phaseOf } from './document-state.ts';
import { readRecord, sealRecord } from './envelope.ts';
import { notKept, storeBusy, type UndeleteError } from './errors.ts';
import { documentKeyBytes, keptContentsKey, keptKey, keptRange } from './keys.ts';
import { type LargeLogs, wholeOf } from './large-logs.ts';
import type { OpenDocument, OpenDocuments } from './open-documents.ts';
import type { WriteRecords } from './record-writer.ts';
import { decodeKept, decodeKeptContents, encodeKept, encodeKeptContents } from './records.ts';
import type { AgeClock, KeptDocument, SubmitReceipt } from './store-types.ts';
import type { SetAside, Submissions } from './submissions.ts';

/** Contents of deleted documents, for as long as they may be brought back. */
export interface KeptContents {
  /**
   * Lets a life end, one up to `life`: what it contains is set aside in the same batch, and no edit comes in between. Nothing is
   * given to `end` where there is nothing to set aside.
   */
  ending<T>(id: DocumentId, life: number, end: (aside: SetAside | null) => Promise<T>): Promise<T>;
  /** In the order of keys, those after one; at most `limit`. */
  list(after?: DocumentKey | null, limit?: number): Promise<readonly KeptDocument[]>;
  of(id: DocumentId): Promise<KeptDocument | undefined>;
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
  readonly largeLogs: LargeLogs;
}

export function createKeptContents(deps: KeptContentsDeps): KeptContents {
  const { handle, documents, submissions, write } = deps;

  async function ending<T>(
    id: DocumentId,
    life: number,
    end: (aside: SetAside | null) => Promise<T>,
  ): Promise<T> {
    if (!deps.isOn) return end(null);
    const key = documentKey(id);
    const release = await documents.use(key, hold, id);
    try {
      return await end(await contentsOf(id, key, life));
    } finally {
      release();
    }
  }

  /** Edits wait from now on, and all before are settled once this resolves. */
  async function hold(document: OpenDocument): Promise<() => void> {
    while (document.held !== null) await document.held;
    let release = (): void => {};
    document.held = new Promise((resolve) => {
      release = () => {
        document.held = null;
        resolve();
      };
    });
    if (document.pending > 0) await document.lastPending;
    return release;
  }

  async function contentsOf(id: DocumentId, key: DocumentKey, life: number): Promise<SetAside | null> {
    const isDue = await documents.use(
      key,
      ({ damage, queued }) => damage === null && phaseOf(queued) === 'live' && queued.life <= life,
      id,
    );
    if (!isDue) return null;
    const loaded = await deps.loadContents(key);
    if (loaded.kind !== 'whole' || phaseOf(loaded.state) !== 'live' || loaded.state.life > life) return null;
    const bytes = documentKeyBytes(key);
    const [head, contents] = [keptKey(bytes), keptContentsKey(bytes)];
    const { life: kept, tailSequence } = loaded.state;
    // To read, copy and hand over a large document are turns of their own.
    const { nextTurn } = handle.pace;
    await nextTurn();
    const operations = [
      put(head, sealRecord(head, encodeKept({ id, life: kept, deletedAtMs: deps.clock.now() }))),
      put(contents, sealRecord(contents, encodeKeptContents(loaded.updates))),
    ];
    await nextTurn();
    return { life: kept, tailSequence, operations };
  }

  async function list(
    after: DocumentKey | null = null,
    limit = Number.POSITIVE_INFINITY,
  ): Promise<readonly KeptDocument[]> {
    const listed: KeptDocument[] = [];
    for await (const page of pages(after, Math.min(limit, pageDocuments))) {
      listed.push(...page.slice(0, limit - listed.length));
      if (listed.length >= limit) break;
    }
    return listed;
  }

  /** A page at a time, so that many of them neither hold anybody up nor are in memory together. */
  async function* pages(after: DocumentKey | null, size: number): AsyncGenerator<readonly KeptDocument[]> {
    const { gte, lt } = keptRange();
    let from: { gte: Uint8Array } | { gt: Uint8Array } =
      after === null ? { gte } : { gt: keptKey(documentKeyBytes(after)) };
    for (;;) {
      const range = { ...from, lt, limit: size };
      const records = await handle.read((database) => database.iterator(range).all());
      yield records.flatMap(([key, value]) => readRecord(key, value, decodeKept) ?? []);
      const last = records.at(-1)?.[0];
      if (last === undefined || records.length < size) return;
      from = { gt: last };
    }
  }

  async function of(id: DocumentId): Promise<KeptDocument | undefined> {
    const key = keptKey(documentKeyBytes(documentKey(id)));
    const value = await handle.read((database) => database.get(key));
    return value && readRecord(key, value, decodeKept);
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
      ({ queued }) => ({ phase: phaseOf(queued), life: queued.life }),
      id,
    );
    if (phase === 'live') return err(anew);
    if (kept.life !== life)
      return err(notKept('a later life of it has ended since, of which nothing is kept'));
    const whole = await wholeOf(deps.largeLogs, updates);
    if (whole === undefined) return err(storeBusy());
    const stored = await submissions.begin(id, whole, { kind: 'local' }, life + 1);
    if (!stored.ok) return stored.error.code === 'LIFE_ENDED' ? err(anew) : stored;
    await write([del(head), del(contents)]);
    return ok(stored.value);
  }

  return {
    ending,
    list,
    of,
    bringBack,
    async forget(beforeMs) {
      if (deps.clock.isSettled?.() === false) return 0;
      let forgotten = 0;
      for await (const page of pages(null, pageDocuments)) {
        const due = page.filter(({ deletedAtMs }) => deletedAtMs < beforeMs);
        const operations = due.flatMap(({ id }): BatchOperation[] => {
          const bytes = documentKeyBytes(documentKey(id));
          return [del(keptKey(bytes)), del(keptContentsKey(bytes))];
        });
        if (operations.length > 0 && (await write(operations))) forgotten += due.length;
      }
      return forgotten;
    },
  };
}

const anew = notKept('it has been created anew since');

/** Looked at, and forgotten, at once. */
const pageDocuments = 256;
