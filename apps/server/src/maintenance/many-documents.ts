import type { Clock, DocumentId, DocumentKey, Result } from '@hearsay/core';
import { documentKey, err, ok } from '@hearsay/core';
import type { DocumentStore } from '@hearsay/storage';
import type { DeletionError, Deletions } from './deletions.ts';
import type { Pace } from './pace.ts';

/** Which documents, and from where on. */
export interface ManyRequest {
  readonly collection: string;
  /** What their names begin with; empty: all. */
  readonly prefix: string;
  /** `next` of the page before; null: from the first. */
  readonly after: string | null;
  /** Documents of a page at most. */
  readonly limit: number;
  /** Of the operator's whole run, for the log. */
  readonly run: string | undefined;
}

/** What became of one page. */
export interface ManyPage {
  /** Documents that were deleted, brought back, or counted. */
  readonly documents: number;
  /** Those that could not be, and why. */
  readonly failed: readonly { readonly name: string; readonly code: string }[];
  /** Where the next page begins; null: there is none. */
  readonly next: string | null;
}

/** Deletes many documents, and brings many back, a page at a time and no faster than clients bear. */
export interface ManyDocuments {
  /** Live documents: with each page there are fewer, so that a run begun again goes on. */
  delete(request: ManyRequest): Promise<Result<ManyPage, DeletionError>>;
  undelete(request: ManyRequest): Promise<Result<ManyPage, DeletionError>>;
  /** How many {@link delete}, or {@link undelete}, would be about. */
  count(what: 'delete' | 'undelete', request: ManyRequest): Promise<ManyPage>;
  /** Ends pages under way after their present waves. */
  stop(): Promise<void>;
}

export interface ManyDocumentsDeps {
  readonly store: Pick<DocumentStore, 'list' | 'kept'>;
  readonly deletions: Pick<Deletions, 'end' | 'undelete'>;
  readonly pace: Pick<Pace, 'size' | 'wave'>;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** A page takes so long, and one wave more: who waits for it sees how far it is. */
const pageMs = 1000;
/** Looked through at once for those that are meant. */
const lookedAt = 256;

interface Listed {
  readonly id: DocumentId;
  /** Cursor after it. */
  readonly at: string;
}

/** The next documents that are meant, and whether others may follow. */
interface Batch {
  readonly documents: readonly Listed[];
  /** Cursor after what was looked at; null: there is no more. */
  readonly next: string | null;
}

type Act = (id: DocumentId, run: string | undefined) => Promise<Result<unknown, DeletionError>>;

export function createManyDocuments(deps: ManyDocumentsDeps): ManyDocuments {
  const { store, deletions, pace, clock } = deps;
  const underWay = new Set<Promise<unknown>>();
  let isStopped = false;

  async function living({ collection, prefix }: ManyRequest, after: string | null, most: number) {
    const listed = await store.list(collection, after ?? '', most, prefix);
    const documents = listed.map(({ name }) => ({ id: { collection, name }, at: name }));
    return { documents, next: listed.length < most ? null : (documents.at(-1)?.at ?? null) };
  }

  async function kept({ collection, prefix }: ManyRequest, after: string | null, most: number) {
    const looked = await store.kept(after as DocumentKey | null, lookedAt);
    const meant = looked.filter(({ id }) => id.collection === collection && id.name.startsWith(prefix));
    const documents = meant.slice(0, most).map(({ id }) => ({ id, at: documentKey(id) }));
    if (meant.length > most) return { documents, next: documents.at(-1)?.at ?? null };
    const last = looked.length < lookedAt ? undefined : looked.at(-1);
    return { documents, next: last === undefined ? null : documentKey(last.id) };
  }

  async function page(
    request: ManyRequest,
    list: (request: ManyRequest, after: string | null, most: number) => Promise<Batch>,
    act: Act,
  ): Promise<Result<ManyPage, DeletionError>> {
    const endsAt = clock.monotonic() + pageMs;
    const failed: { name: string; code: string }[] = [];
    let documents = 0;
    let next = request.after;
    do {
      const most = Math.min(pace.size, request.limit - documents - failed.length);
      const batch = await list(request, next, most);
      const acts = async ({ id }: Listed) => ({ id, outcome: await act(id, request.run) });
      const outcomes =
        batch.documents.length === 0 ? [] : await pace.wave(() => Promise.all(batch.documents.map(acts)));
      documents += outcomes.filter(({ outcome }) => outcome.ok).length;
      for (const { id, outcome } of outcomes) {
        if (outcome.ok || skipped.has(outcome.error.code)) continue;
        // The whole node cannot at the moment: nothing is the matter with this document.
        if (outcome.error.code === 'NOT_READY')
          return documents > 0 ? ok({ documents, failed, next }) : err(outcome.error);
        failed.push({ name: id.name, code: outcome.error.code });
      }
      next = batch.next;
    } while (
      next !== null &&
      documents + failed.length < request.limit &&
      clock.monotonic() < endsAt &&
      !isStopped
    );
    return ok({ documents, failed, next });
  }

  function watched<T>(work: Promise<T>): Promise<T> {
    const ended: Promise<void> = work.then(noop, noop).then(() => void underWay.delete(ended));
    underWay.add(ended);
    return work;
  }

  return {
    delete: (request) => watched(page(request, living, deletions.end)),
    undelete: (request) => watched(page(request, kept, deletions.undelete)),
    async count(what, request) {
      const list = what === 'delete' ? living : kept;
      const batch = await list(request, request.after, request.limit);
      return { documents: batch.documents.length, failed: [], next: batch.next };
    },
    async stop() {
      isStopped = true;
      await Promise.all(underWay);
    },
  };
}

function noop(): void {}

/** Somebody else was faster: it is as it was to be, or something that was not meant. */
const skipped: ReadonlySet<DeletionError['code']> = new Set(['DOCUMENT_NOT_FOUND', 'NOT_KEPT']);
