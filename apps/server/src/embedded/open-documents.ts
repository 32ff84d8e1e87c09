import { type DocumentId, type DocumentKey, documentKey } from '@hearsay/core';
import type { CommittedChange, DocumentStore } from '@hearsay/storage';
import { isReserved } from '../access/reserved.ts';
import { HearsayError } from '../failures.ts';
import type { Log } from '../telemetry/log.ts';
import { type HearsayHooks, sourceOf } from './hooks.ts';
import { OpenedDocument, type OpenedDocumentDeps } from './server-document.ts';

export interface OpenDocumentsDeps {
  readonly store: OpenedDocumentDeps['store'];
  readonly onCommit: DocumentStore['onCommit'];
  readonly afterStore: HearsayHooks['afterStore'];
  readonly log: Log;
}

type Follower = (change: CommittedChange) => void;

/** What this program follows of the store: its open documents, and every change for `afterStore`. */
export class OpenDocuments {
  readonly #deps: OpenDocumentsDeps;
  readonly #followers = new Map<DocumentKey, Set<Follower>>();
  readonly #open = new Set<OpenedDocument>();
  #isClosed = false;

  constructor(deps: OpenDocumentsDeps) {
    this.#deps = deps;
    deps.onCommit((changes) => {
      for (const change of changes) this.#committed(change);
    });
  }

  open(id: DocumentId): Promise<OpenedDocument> {
    if (this.#isClosed) throw new HearsayError('DOCUMENT_CLOSED', 'the node is stopping');
    const key = documentKey(id);
    const document = new OpenedDocument({
      id,
      store: this.#deps.store,
      follow: (listener) => {
        const followers = this.#followers.get(key) ?? new Set();
        this.#followers.set(key, followers.add(listener));
        return () => {
          followers.delete(listener);
          if (followers.size === 0 && this.#followers.get(key) === followers) this.#followers.delete(key);
          this.#open.delete(document);
        };
      },
      listenerFailed: (error) =>
        this.#deps.log.error({ err: error, ...id }, 'a listener of a document failed'),
    });
    this.#open.add(document);
    return document.load();
  }

  /** Finishes what was begun. `afterStore` goes on: clients' last updates are still being stored. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#open].map((document) => document.close()));
  }

  #committed(change: CommittedChange): void {
    for (const follower of [...(this.#followers.get(change.key) ?? [])]) follower(change);
    const { id, life, origin, update } = change;
    if (this.#deps.afterStore === undefined || origin.kind === 'compaction' || isReserved(id.collection))
      return;
    try {
      this.#deps.afterStore({ ...id, life, source: sourceOf(origin), update });
    } catch (error) {
      this.#deps.log.error({ err: error, ...id }, 'afterStore failed');
    }
  }
}
