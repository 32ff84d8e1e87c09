import type { DocumentId, Life } from '@hearsay/core';
import { type CommittedChange, type DocumentStore, lastEndedBy } from '@hearsay/storage';
import * as Y from 'yjs';
import { HearsayError } from '../failures.ts';
import type { GuardedStore } from './guarded-store.ts';
import { type ChangeSource, type DocumentName, sourceOf } from './hooks.ts';

export interface DocumentChangeEvent {
  readonly source: ChangeSource;
  /** A Yjs update (v1), already in the view; null: the document was deleted, and this handle follows it no more. */
  readonly update: Uint8Array | null;
}

/** A document that this program has open. */
export interface ServerDocument extends DocumentName {
  /** The document as it is on disk, kept up with everybody's changes. Read only: edit it in `transact`. */
  readonly doc: Y.Doc;
  /**
   * Runs `edit` on the document in one Yjs transaction and resolves with what it returns, once its changes are synced to disk; from
   * then on they are in `doc`. One after another. Rejects, with nothing changed anywhere, when `edit` throws or the
   * changes are not stored: UPDATE_REFUSED, DOCUMENT_DELETED, NOT_STORED, DOCUMENT_CLOSED.
   */
  transact<T>(edit: (doc: Y.Doc) => T): Promise<T>;
  /** Told after each change is in `doc`. Returns how to stop. */
  onChange(listener: (change: DocumentChangeEvent) => void): () => void;
  /** Resolves when what was begun is settled. */
  close(): Promise<void>;
}

export interface OpenedDocumentDeps {
  readonly id: DocumentId;
  readonly store: Pick<DocumentStore, 'lookup'> & GuardedStore;
  /** Changes of this document, from now on. */
  follow(listener: (change: CommittedChange) => void): () => void;
  /** A listener of the application threw. */
  listenerFailed(error: unknown): void;
}

/** What is edited and not stored yet is in a draft of its own: whatever becomes of it, nobody has seen it. */
export class OpenedDocument implements ServerDocument {
  readonly doc: Y.Doc = new Y.Doc();
  readonly #deps: OpenedDocumentDeps;
  readonly #listeners = new Set<(change: DocumentChangeEvent) => void>();
  readonly #stopFollowing: () => void;
  #life: Life = 0;
  #early: CommittedChange[] | null = [];
  #draft: Y.Doc | null = null;
  #state: 'open' | 'deleted' | 'closed' = 'open';
  #last: Promise<unknown> = Promise.resolve();

  constructor(deps: OpenedDocumentDeps) {
    this.#deps = deps;
    this.#stopFollowing = deps.follow((change) => this.#committed(change));
  }

  get collection(): string {
    return this.#deps.id.collection;
  }

  get name(): string {
    return this.#deps.id.name;
  }

  /** Fills the view; a document that is absent or deleted is begun by the first edit. */
  async load(): Promise<this> {
    const { store, id } = this.#deps;
    const { phase, life } = await store.lookup(id);
    const stored = await store.read(id);
    if (!stored.ok) {
      this.#stopFollowing();
      throw new HearsayError('NOT_STORED', `"${id.name}" cannot be read: ${stored.error.message}`);
    }
    this.#life = stored.value?.life ?? (phase === 'live' ? life : life + 1);
    for (const update of stored.value?.updates ?? []) Y.applyUpdate(this.doc, update, this);
    const early = this.#early ?? [];
    this.#early = null;
    for (const change of early) if (change.life >= this.#life) this.#committed(change);
    return this;
  }

  transact<T>(edit: (doc: Y.Doc) => T): Promise<T> {
    const result = this.#last.then(() => this.#transact(edit));
    this.#last = result.catch(() => {});
    return result;
  }

  onChange(listener: (change: DocumentChangeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await this.#last;
    if (this.#state === 'open') this.#state = 'closed';
    this.#stopFollowing();
    this.#draft?.destroy();
    this.#draft = null;
  }

  async #transact<T>(edit: (doc: Y.Doc) => T): Promise<T> {
    this.#checkOpen();
    const draft = this.#draft ?? copyOf(this.doc);
    // Until it is stored, and whenever it is not, there is no draft to go on with.
    this.#draft = null;
    const before = Y.encodeStateVector(draft);
    let isEdited = false;
    const note = (): void => {
      isEdited = true;
    };
    draft.on('update', note);
    const value = draft.transact(() => edit(draft), this);
    draft.off('update', note);
    if (isEdited) await this.#store(Y.encodeStateAsUpdate(draft, before));
    // Others' changes that came meanwhile.
    if (this.#state === 'open') {
      Y.applyUpdate(draft, Y.encodeStateAsUpdate(this.doc, Y.encodeStateVector(draft)), this);
      this.#draft = draft;
    }
    return value;
  }

  async #store(update: Uint8Array): Promise<void> {
    const { store, id } = this.#deps;
    const stored = await store.submit(id, update, { kind: 'local' }, this.#life);
    if (stored.ok) return;
    const { code, message } = stored.error;
    if (code === 'UPDATE_REFUSED') throw new HearsayError('UPDATE_REFUSED', message);
    if (code === 'LIFE_ENDED') throw new HearsayError('DOCUMENT_DELETED', `"${this.name}" was deleted`);
    throw new HearsayError('NOT_STORED', `${code}: ${message}`);
  }

  #checkOpen(): void {
    if (this.#state === 'deleted') {
      throw new HearsayError('DOCUMENT_DELETED', `"${this.name}" was deleted`);
    }
    if (this.#state === 'closed') throw new HearsayError('DOCUMENT_CLOSED', `"${this.name}" is closed`);
  }

  #committed(change: CommittedChange): void {
    if (this.#early !== null) {
      this.#early.push(change);
      return;
    }
    const { life, update, origin } = change;
    // What compaction finds out, the view has found out from the same updates.
    if (this.#state !== 'open' || origin.kind === 'compaction') return;
    const source = sourceOf(origin);
    if (lastEndedBy(change) >= this.#life) {
      this.#state = 'deleted';
      this.#tell({ source, update: null });
    } else if (update !== null && life === this.#life) {
      Y.applyUpdate(this.doc, update, this);
      if (this.#draft !== null) Y.applyUpdate(this.#draft, update, this);
      this.#tell({ source, update });
    }
  }

  #tell(change: DocumentChangeEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(change);
      } catch (error) {
        this.#deps.listenerFailed(error);
      }
    }
  }
}

function copyOf(doc: Y.Doc): Y.Doc {
  const copy = new Y.Doc();
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  return copy;
}
