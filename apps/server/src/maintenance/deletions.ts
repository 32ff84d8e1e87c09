import {
  ByteWriter,
  checkHybridTime,
  type DocumentId,
  type DocumentKey,
  decode,
  documentKey,
  err,
  hybridTimeToMs,
  type Life,
  nextHybridTime,
  ok,
  type Result,
  type SettledClock,
  type TaggedError,
  type Timers,
} from '@hearsay/core';
import type { CommittedChange, DocumentStore, KeptDocument } from '@hearsay/storage';
import type { Log } from '../telemetry/log.ts';
import { openErasure } from './erasure.ts';

/** A deleted document, as those who deleted it are told. */
export interface DeletedDocument {
  readonly collection: string;
  readonly name: string;
  /** The life that is over. */
  readonly life: number;
  /** ISO 8601. */
  readonly deletedAt: string;
  /** Until when it can be brought back here, ISO 8601; null: it cannot. */
  readonly keptUntil: string | null;
}

/** What a deletion would end, which has not been done. */
export interface PlannedDeletion {
  readonly collection: string;
  readonly name: string;
  readonly life: Life;
  readonly dryRun: true;
}

export type DeletionError = TaggedError<
  'DOCUMENT_NOT_FOUND' | 'NOT_KEPT' | 'DOCUMENT_DAMAGED' | 'LIFE_CHANGED' | 'NOT_READY'
>;

/** Deletes documents and brings them back, for operators. */
export interface Deletions {
  /** Deleting what is deleted already says when that was. With a `life`, nothing is done where that is not the present one. */
  delete(id: DocumentId, life?: Life): Promise<Result<DeletedDocument, DeletionError>>;
  /** As {@link delete}, and says no more than that it is done. `run`: what it is a part of, for the log. */
  end(id: DocumentId, run?: string): Promise<Result<null, DeletionError>>;
  /** The life that {@link delete} would end. */
  planned(id: DocumentId): Promise<Result<PlannedDeletion, DeletionError>>;
  undelete(id: DocumentId, run?: string): Promise<Result<{ readonly life: number }, DeletionError>>;
  /** What can be brought back, `after` the last of the page before (null: from the first); `next` is null at the end. */
  kept(
    after: string | null,
    limit: number,
  ): Promise<{ readonly documents: readonly DeletedDocument[]; readonly next: string | null }>;
  /** To be told of every batch. */
  committed(changes: readonly CommittedChange[]): void;
  /** Resolves when no sweep is under way. */
  settled(): Promise<void>;
  /** Begins no further sweep; resolves when none is under way. */
  stop(): Promise<void>;
}

export interface DeletionsDeps {
  readonly store: DocumentStore;
  /** The store's own. */
  readonly clock: Pick<SettledClock, 'now'>;
  readonly timers: Timers;
  readonly log: Log;
  /** Milliseconds that contents of deleted documents are kept; 0: not at all. */
  readonly windowMs: number;
}

const clockState = 'deletions.clock';
const maxSweepMs = 3_600_000;
const minSweepMs = 1000;

/** Begins to forget, and to erase from the files, what was deleted longer ago than the window. */
export async function startDeletions(deps: DeletionsDeps): Promise<Deletions> {
  const { store, clock, timers, log, windowMs } = deps;
  const sweepMs = Math.min(maxSweepMs, Math.max(minSweepMs, windowMs / 10));
  let last = await readClock(store);
  let stopped = false;
  const erasure = openErasure(store, 'deletions');
  /** Where nothing is kept, what the process before deleted may still be in the files. */
  let isFirst = windowMs === 0;
  let sweeping: Promise<void> = Promise.resolve();
  let cancel = timers.set(sweepMs, sweep);

  function sweep(): void {
    sweeping = forget()
      .catch((error: unknown) => log.debug({ err: error }, 'the store is gone; nothing was forgotten'))
      .then(() => {
        if (!stopped) cancel = timers.set(sweepMs, sweep);
      });
  }

  async function forget(): Promise<void> {
    if (store.status().state !== 'ready') return;
    const now = clock.now();
    if (isFirst) await erasure.due(now);
    isFirst = false;
    await erasure.after(now, async () => {
      const documents = await store.forgetDeleted(now - windowMs);
      if (documents > 0) log.info({ documents }, 'deleted documents forgotten');
      return documents;
    });
  }

  /**
   * Later than every deletion that was ever stamped or heard of here, also after a restart with the clock put back: unless that
   * was stamped by a clock so far ahead that nobody takes it. Another such one would delete here alone.
   */
  async function nextStamp(): Promise<number> {
    const now = clock.now();
    if (!checkHybridTime(last, now).ok) {
      const stampedAt = new Date(hybridTimeToMs(last)).toISOString();
      log.warn(
        { code: 'CLOCK_WAS_AHEAD', stampedAt },
        'deletions stamped by a clock that was ahead are refused elsewhere until then',
      );
      last = 0;
    }
    last = nextHybridTime(last, now);
    await store.writeState(clockState, new ByteWriter(9).varUint(last).finish());
    return last;
  }

  async function described(id: DocumentId): Promise<DeletedDocument | undefined> {
    const { phase, life, certificate } = await store.lookup(id);
    if (phase !== 'deleted' || certificate === null) return undefined;
    const kept = await store.keptOf(id);
    return {
      ...id,
      life,
      deletedAt: new Date(hybridTimeToMs(certificate.deletedAt)).toISOString(),
      keptUntil: kept?.life === life ? keptUntil(kept) : null,
    };
  }

  async function end(id: DocumentId, expected?: Life, run?: string): Promise<Result<null, DeletionError>> {
    const { phase, life } = await store.lookup(id);
    if (phase === 'absent') return err(notFound);
    if (phase === 'deleted' && expected !== undefined && expected !== life) return err(changed(expected));
    if (phase === 'deleted') return ok(null);
    const ended = await store.deleteDocument(id, await nextStamp(), store.identity.replicaId, expected);
    if (!ended.ok && ended.error.code === 'LIFE_ENDED') return err(changed(expected));
    if (!ended.ok) return err(toError(ended.error));
    log.info({ ...id, life: ended.value.life, run }, 'document deleted');
    return ok(null);
  }

  function keptUntil({ deletedAtMs }: KeptDocument): string {
    return new Date(deletedAtMs + windowMs).toISOString();
  }

  return {
    async delete(id, expected) {
      const ended = await end(id, expected);
      if (!ended.ok) return ended;
      const deleted = await described(id);
      return deleted === undefined ? err(notFound) : ok(deleted);
    },
    end: (id, run) => end(id, undefined, run),
    async planned(id) {
      const { phase, life } = await store.lookup(id);
      return phase === 'absent' || phase === 'deleted' ? err(notFound) : ok({ ...id, life, dryRun: true });
    },
    async undelete(id, run) {
      const back = await store.undelete(id);
      if (!back.ok) return err(toError(back.error));
      log.info({ ...id, life: back.value.life, run }, 'document brought back');
      return ok({ life: back.value.life });
    },
    async kept(after, limit) {
      const page = await store.kept(after as DocumentKey | null, limit);
      const documents = page.map((kept) => ({
        ...kept.id,
        life: kept.life,
        deletedAt: new Date(kept.deletedAtMs).toISOString(),
        keptUntil: keptUntil(kept),
      }));
      const last = page.length < limit ? undefined : page.at(-1);
      return { documents, next: last === undefined ? null : documentKey(last.id) };
    },
    committed(changes) {
      const certificates = changes.flatMap(({ certificate }) => certificate ?? []);
      if (certificates.length === 0) return;
      for (const { deletedAt } of certificates) last = Math.max(last, deletedAt);
      // Not all is set aside: of a damaged document nothing is, and so nothing of it is ever forgotten.
      const dueMs = windowMs === 0 ? clock.now() : clock.now() + windowMs + 1;
      erasure.due(dueMs).catch((error: unknown) => log.debug({ err: error }, 'no erasure could be noted'));
    },
    settled: () => sweeping,
    async stop() {
      stopped = true;
      cancel();
      await sweeping;
    },
  };
}

async function readClock(store: DocumentStore): Promise<number> {
  const bytes = await store.readState(clockState);
  const read = bytes === undefined ? undefined : decode(bytes, (reader) => reader.varUint());
  return read?.ok ? read.value : 0;
}

const notFound: DeletionError = {
  code: 'DOCUMENT_NOT_FOUND',
  message: 'nobody has ever written to this document',
  retry: false,
};

function changed(expected: Life | undefined): DeletionError {
  return {
    code: 'LIFE_CHANGED',
    message: `life ${expected} is not the present one; nothing was deleted`,
    retry: false,
  };
}

function toError({ code, message, retry }: TaggedError): DeletionError {
  if (code === 'NOT_KEPT' || code === 'DOCUMENT_DAMAGED') return { code, message, retry };
  return { code: 'NOT_READY', message, retry };
}
