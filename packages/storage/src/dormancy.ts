import { type DocumentId, type DocumentKey, hybridTimeToMs } from '@hearsay/core';
import { del } from './database.ts';
import type { DatabaseHandle } from './database-handle.ts';
import { absentState, isEnded, restingState } from './document-state.ts';
import { readRecord } from './envelope.ts';
import { createExclusive } from './exclusive.ts';
import type { IndexKeeper } from './index-keeper.ts';
import { documentKeyBytes, feedKey, headKey } from './keys.ts';
import type { OpenDocument, OpenDocuments } from './open-documents.ts';
import type { WriteRecords } from './record-writer.ts';
import { decodeHead } from './records.ts';
import type { DeathCertificate } from './replica.ts';
import { nextDocument } from './scrub-documents.ts';
import type { AgeClock, RestReport, RestRules, StoreCounter } from './store-types.ts';
import { queueChange } from './submissions.ts';
import type { WriteLoop } from './write-loop.ts';

/** Puts death certificates to rest when their time has come, and forgets them. */
export interface Dormancy {
  sweep(rules: RestRules): Promise<RestReport>;
}

export interface DormancyDeps {
  readonly handle: DatabaseHandle;
  readonly documents: OpenDocuments;
  readonly index: IndexKeeper;
  readonly loop: WriteLoop;
  readonly write: WriteRecords;
  readonly clock: AgeClock;
  /** Milliseconds that a certificate is in force. */
  readonly certificateMs: number;
  /** Notes outside of the database that it may hold so many documents fewer. */
  willForget(documents: number): Promise<void>;
  count(counter: StoreCounter, by?: number): void;
}

interface Resting {
  readonly key: DocumentKey;
  readonly id: DocumentId;
  readonly certificate: DeathCertificate;
}

/**
 * Of the time that a certificate is in force: so long who is not to keep it does. Backups that are made more often tell of its
 * rest, and need not begin anew because something has been forgotten.
 */
const lingers = 1.25;

const start = new Uint8Array(16);
/** Forgotten in one batch. */
const pageDocuments = 256;

export function createDormancy(deps: DormancyDeps): Dormancy {
  const { handle, documents, index, loop, clock } = deps;
  const exclusive = createExclusive();

  async function sweep({ isKeptHere, forgetMs }: RestRules): Promise<RestReport> {
    if (clock.isSettled?.() === false) return { rested: 0, forgotten: 0 };
    const now = clock.now();
    const forgettable: Resting[] = [];
    let rested = 0;
    let forgotten = 0;
    for (let next: Uint8Array | undefined = start; next !== undefined; ) {
      const found = await nextDocument(handle, next);
      if (found === undefined) break;
      next = found.next;
      const head = await headOf(found.key);
      if (head === undefined || head.certificate === null) continue;
      const { id, life, certificate } = head;
      const ageMs = now - hybridTimeToMs(certificate.activatedAt);
      const document = { key: found.key, id, certificate };
      if (isEnded(head)) {
        if (ageMs > deps.certificateMs && (await rest(document))) rested++;
      } else if (
        life === 0 &&
        (ageMs > forgetMs || (ageMs > deps.certificateMs * lingers && !isKeptHere(found.key)))
      ) {
        forgettable.push(document);
        if (forgettable.length === pageDocuments) forgotten += await forget(forgettable.splice(0));
      }
    }
    forgotten += await forget(forgettable);
    deps.count('certificatesRested', rested);
    deps.count('certificatesForgotten', forgotten);
    return { rested, forgotten };
  }

  async function headOf(key: DocumentKey) {
    const record = headKey(documentKeyBytes(key));
    const value = await handle.read((database) => database.get(record));
    return value === undefined ? undefined : readRecord(record, value, decodeHead);
  }

  function rest({ key, id, certificate }: Resting): Promise<boolean> {
    return documents.use(
      key,
      async (document) => {
        const { queued, damage } = document;
        if (damage !== null || queued.certificate?.activatedAt !== certificate.activatedAt) return false;
        const after = restingState(queued);
        return (await queueChange(loop, document, id, after, [], null, { moves: true })).ok;
      },
      id,
    );
  }

  /** Only what the index has lost already: an entry without a document would be taken for damage. */
  async function forget(resting: readonly Resting[]): Promise<number> {
    if (resting.length === 0) return 0;
    const digests = await index.digests(resting.map(({ key }) => key));
    const due = resting.filter((_, at) => digests[at] === null);
    if (due.length === 0) return 0;
    await deps.willForget(due.length);
    const written = await Promise.all(
      due.map(({ key, id }) => documents.use(key, (document) => erase(document), id)),
    );
    return written.filter(Boolean).length;
  }

  function erase(document: OpenDocument): Promise<boolean> | boolean {
    const { queued, damage, pending, keyBytes, feedSequence } = document;
    if (damage !== null || pending > 0 || queued.life > 0 || queued.former === null) return false;
    document.committed = absentState;
    document.queued = absentState;
    document.feedSequence = 0;
    document.stored = false;
    document.id = undefined;
    // Sequences of the tail begin anew with it: a mail reference that is as old may then find another update of
    // the same name. That is refused where it does not fit, and otherwise news like any.
    return deps.write([del(headKey(keyBytes)), del(feedKey(feedSequence))], { forgotten: feedSequence });
  }

  return { sweep: (rules) => exclusive.run(() => sweep(rules)) };
}
