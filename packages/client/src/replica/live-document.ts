import type { DocumentId, DocumentKey, Life, Timers } from '@hearsay/core';
import { type CommittedChange, type DocumentStore, lastEndedBy } from '@hearsay/storage';
import * as Y from 'yjs';
import { Emitter } from './emitter.ts';
import type { KeyedQueue } from './keyed-queue.ts';
import { ReplicaError } from './replica-error.ts';
import type { CopyAside } from './set-aside.ts';

/**
 * `live`: edits are stored here, and what comes from elsewhere appears. `reset`: the document was deleted, or deleted and
 * begun anew; this `Y.Doc` is what it was and takes part in nothing any more. `closed`: nobody has it open.
 */
export type DocumentState = 'live' | 'reset' | 'closed';

export interface DocumentEvents {
  readonly state: DocumentState;
  /** Edits that the store does not take: the reason, and whether they are tried again. */
  readonly problem: { readonly code: string; readonly message: string; readonly retry: boolean };
}

/** An open document of a replica. */
export interface ReplicaDocument {
  readonly collection: string;
  readonly name: string;
  /** Edits of it are stored here first, then spread. */
  readonly doc: Y.Doc;
  readonly state: DocumentState;
  /** Resolves when everything edited so far is durable here. Rejects when the document is reset before. */
  whenStored(): Promise<void>;
  on<Name extends keyof DocumentEvents>(
    name: Name,
    listener: (event: DocumentEvents[Name]) => void,
  ): () => void;
  /** To be called once for every time it was opened. Resolves when its edits are stored; the `Y.Doc` stays usable. */
  close(): Promise<void>;
}

export interface LiveDocumentDeps {
  readonly store: Pick<DocumentStore, 'read' | 'lookup' | 'submit'>;
  readonly queue: KeyedQueue;
  readonly timers: Timers;
  now(): number;
  readonly id: DocumentId;
  readonly key: DocumentKey;
  readonly doc: Y.Doc;
  /** Keeps what would be lost with a reset. */
  keepAside(copy: CopyAside): Promise<void>;
  /** The last user has closed it. */
  closed(): void;
}

/** Milliseconds until edits that could not be written are tried again. */
const retryMs = 500;

export class LiveDocument implements ReplicaDocument {
  readonly #deps: LiveDocumentDeps;
  readonly #emitter = new Emitter<DocumentEvents>();
  readonly #pending: Uint8Array[] = [];
  #life: Life = 0;
  #state: DocumentState = 'live';
  #users = 0;
  #isEnding = false;
  #writing: Promise<void> | null = null;

  constructor(deps: LiveDocumentDeps) {
    this.#deps = deps;
  }

  get collection(): string {
    return this.#deps.id.collection;
  }

  get name(): string {
    return this.#deps.id.name;
  }

  get doc(): Y.Doc {
    return this.#deps.doc;
  }

  get state(): DocumentState {
    return this.#state;
  }

  /** Fills the `Y.Doc` and begins to follow it. `anew`: a deleted document's next life may be begun. */
  async load(anew: boolean): Promise<void> {
    const { store, id, doc } = this.#deps;
    const { phase, life } = await store.lookup(id);
    if (phase === 'deleted' && !anew) {
      throw new ReplicaError(
        'DOCUMENT_DELETED',
        `"${id.name}" is deleted; open it with { anew: true } to begin it anew`,
      );
    }
    this.#life = phase === 'live' ? life : life + 1;
    const stored = await store.read(id);
    if (!stored.ok) throw new ReplicaError('DOCUMENT_DAMAGED', stored.error.message);
    if (stored.value !== undefined) {
      const { updates } = stored.value;
      this.#life = stored.value.life;
      Y.transact(doc, () => updates.forEach((update) => void Y.applyUpdate(doc, update, this)), this, false);
    }
    doc.on('update', this.#onUpdate);
  }

  use(): this {
    this.#users++;
    return this;
  }

  /** What the store has committed, whoever it came from. */
  committed(change: CommittedChange): void {
    if (this.#state !== 'live' || this.#life === 0) return;
    const { update, origin } = change;
    if (lastEndedBy(change) >= this.#life) this.#reset();
    else if (update !== null && origin.kind === 'peer') Y.applyUpdate(this.#deps.doc, update, this);
  }

  async whenStored(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
    if (this.#pending.length === 0) return;
    if (this.#state === 'reset') {
      throw new ReplicaError('DOCUMENT_DELETED', `"${this.name}" was deleted; its last copy is kept aside`);
    }
    throw new ReplicaError(
      'NOT_STORED',
      `edits of "${this.name}" are not taken; its "problem" event says why`,
    );
  }

  on<Name extends keyof DocumentEvents>(
    name: Name,
    listener: (event: DocumentEvents[Name]) => void,
  ): () => void {
    return this.#emitter.on(name, listener);
  }

  async close(): Promise<void> {
    if (--this.#users > 0) return;
    this.#deps.doc.off('update', this.#onUpdate);
    while (this.#writing !== null) await this.#writing;
    if (this.#users > 0) {
      this.#deps.doc.on('update', this.#onUpdate);
      return;
    }
    this.#deps.closed();
    if (this.#state === 'live') this.#become('closed');
  }

  /** The replica is closing: stores what it can and follows nothing any more. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#deps.doc.off('update', this.#onUpdate);
    await this.#writing;
    if (this.#state === 'live') this.#become('closed');
  }

  readonly #onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin === this || this.#state !== 'live') return;
    this.#pending.push(update);
    this.#writing ??= this.#write();
  };

  /** Whatever is edited while one batch is being synced goes into the next. */
  async #write(): Promise<void> {
    const { queue, store, id, key, timers } = this.#deps;
    // All edits of this turn together.
    await Promise.resolve();
    while (this.#pending.length > 0 && this.#state === 'live') {
      const update = Y.mergeUpdates(this.#pending.splice(0));
      const stored = await queue.run([key], () => store.submit(id, update, { kind: 'local' }, this.#life));
      if (stored.ok) continue;
      this.#pending.unshift(update);
      const { code, message, retry } = stored.error;
      if (code === 'LIFE_ENDED') {
        this.#reset();
        break;
      }
      this.#emitter.emit('problem', { code, message, retry });
      if (!retry || this.#isEnding) break;
      await new Promise<void>((resolve) => void timers.set(retryMs, resolve));
    }
    if (this.#state === 'reset' && this.#pending.length > 0) await this.#keepAside();
    this.#writing = null;
  }

  /** Edits that were on their way when the document was deleted are in the `Y.Doc` alone. */
  async #keepAside(): Promise<void> {
    const { keepAside, id, now, doc } = this.#deps;
    await keepAside({ id, life: this.#life, at: now(), update: Y.encodeStateAsUpdate(doc) });
  }

  #reset(): void {
    if (this.#state === 'reset') return;
    this.#deps.doc.off('update', this.#onUpdate);
    this.#become('reset');
  }

  #become(state: DocumentState): void {
    this.#state = state;
    this.#emitter.emit('state', state);
  }
}
