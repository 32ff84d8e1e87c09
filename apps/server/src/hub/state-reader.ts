import { type DocumentId, type DocumentKey, documentKey, type Life, limits, toHex } from '@hearsay/core';
import {
  emptyUpdate,
  encodeStateVector,
  equalVersions,
  mergeUpdates,
  type StateVector,
  splitUpdateForClients,
  updateForStateVector,
  type Version,
} from '@hearsay/document';
import type { DeathCertificate, DocumentStore, StoredDocument } from '@hearsay/storage';
import { nextTurn } from '../runtime/clock.ts';
import type { LogThread, LogWorkers } from '../workers/log-workers.ts';
import { ReadQueue } from './read-queue.ts';

type Read = Awaited<ReturnType<DocumentStore['read']>>;

/** What a client is told of a document. */
export type ClientState =
  | {
      readonly kind: 'state';
      readonly life: Life;
      readonly stateVector: Uint8Array;
      /**
       * What the client lacks, in causal order, each small enough for a frame, but for formatting, which comes whole; at least one
       * unless none were asked for.
       */
      readonly updates: readonly Uint8Array[];
    }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/**
 * Reads documents for clients: the stored log as one update, and what of it a client lacks. Large ones are merged and cut by
 * another thread; clients with equal state vectors that wait for one share what it gives.
 */
export class StateReader {
  readonly #store: Pick<DocumentStore, 'read' | 'lookup'>;
  readonly #reads: ReadQueue<Read | 'large'>;
  readonly #workers: Pick<LogWorkers, 'run'>;
  readonly #merged: MergedStates;
  /** Jobs that have not read their document yet. */
  readonly #jobs = new Map<string, Promise<ClientState>>();
  #lastGiven: Promise<void> = Promise.resolve();

  constructor(
    store: Pick<DocumentStore, 'read' | 'lookup'>,
    workers: Pick<LogWorkers, 'run'>,
    maxCachedBytes = 16_777_216,
  ) {
    this.#store = store;
    this.#reads = new ReadQueue((id) => this.#readSmall(id), nextTurn);
    this.#workers = workers;
    this.#merged = new MergedStates(maxCachedBytes);
  }

  /** Questions that wait for their reads to begin. */
  get waiting(): number {
    return this.#reads.waiting + this.#jobs.size;
  }

  /** `theirs` null: only our own state vector is wanted. */
  async stateFor(id: DocumentId, theirs: StateVector | null): Promise<ClientState> {
    const read = await this.#reads.read(id);
    if (read !== 'large') return this.#answer(id, read, theirs);
    if (theirs === null) return this.#answer(id, await this.#store.read(id), theirs);
    const name = `${documentKey(id)} ${toHex(encodeStateVector(theirs))}`;
    const state = await (this.#jobs.get(name) ?? this.#queue(name, id, theirs));
    // What is framed for one client after the other leaves others their turns.
    this.#lastGiven = this.#lastGiven.then(() => new Promise((resolve) => nextTurn(resolve)));
    await this.#lastGiven;
    return state;
  }

  async #readSmall(id: DocumentId): Promise<Read | 'large'> {
    const { bytes } = await this.#store.lookup(id);
    return bytes > limits.inlineDocumentBytes ? 'large' : this.#store.read(id);
  }

  #queue(name: string, id: DocumentId, theirs: StateVector): Promise<ClientState> {
    let isRead = false;
    const state = this.#workers
      .run(async (thread) => {
        isRead = true;
        this.#jobs.delete(name);
        return this.#answer(id, await this.#store.read(id), theirs, thread);
      })
      .then((ran): ClientState => (ran.ok ? ran.value : { kind: 'failed', ...ran.error }))
      .finally(() => {
        if (this.#jobs.get(name) === state) this.#jobs.delete(name);
      });
    if (!isRead) this.#jobs.set(name, state);
    return state;
  }

  async #answer(
    id: DocumentId,
    read: Read,
    theirs: StateVector | null,
    thread?: LogThread,
  ): Promise<ClientState> {
    if (!read.ok) return { kind: 'failed', code: read.error.code, message: read.error.message };
    if (read.value === undefined) return this.#absent(id, theirs);
    const { life, version, endedClients } = read.value;
    if (
      theirs !== null &&
      endedClients.some((client) => theirs.has(client) && !version.stateVector.has(client))
    ) {
      return { kind: 'deleted' };
    }
    const stateVector = encodeStateVector(version.stateVector);
    if (theirs === null) return { kind: 'state', life, stateVector, updates: [] };
    if (thread !== undefined) {
      return {
        kind: 'state',
        life,
        stateVector,
        updates: await thread.forClient(read.value.updates, theirs),
      };
    }
    const missing = updateForStateVector(this.#merged.of(read.value), theirs);
    const updates = splitUpdateForClients(missing, limits.clientFrameBytes);
    return { kind: 'state', life, stateVector, updates };
  }

  async #absent(id: DocumentId, theirs: StateVector | null): Promise<ClientState> {
    const { phase, life, certificate } = await this.#store.lookup(id);
    // Born since it was read: to tell a client that it may begin a life would end the one just begun.
    if (phase === 'live' || phase === 'damaged') return this.#answer(id, await this.#store.read(id), theirs);
    // What the client holds is history of a life that is over; an empty hand may begin a new one.
    if (phase === 'deleted' && theirs !== null && isHistory(theirs, certificate)) return { kind: 'deleted' };
    return {
      kind: 'state',
      life: life + 1,
      stateVector: encodeStateVector(new Map()),
      updates: theirs === null ? [] : [emptyUpdate],
    };
  }
}

/** Where nobody knows who wrote in the life that is over, whoever brings anything may have been one of them. */
function isHistory(theirs: StateVector, certificate: DeathCertificate | null): boolean {
  const clients = certificate?.clients ?? [];
  return clients.length === 0 ? theirs.size > 0 : clients.some((client) => theirs.has(client));
}

/**
 * Merged logs of the documents that were read last, for the many clients that come back at once. Bounded in bytes. Logs with
 * equal versions say the same, however they are cut.
 */
class MergedStates {
  readonly #maxBytes: number;
  readonly #states = new Map<DocumentKey, { readonly version: Version; readonly state: Uint8Array }>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  of({ key, version, updates }: StoredDocument): Uint8Array {
    const [first] = updates;
    if (updates.length === 1 && first !== undefined) return first;
    const known = this.#states.get(key);
    this.#forget(key);
    const state =
      known !== undefined && equalVersions(known.version, version) ? known.state : mergeUpdates(updates);
    this.#states.set(key, { version, state });
    this.#bytes += state.byteLength;
    for (const oldest of this.#states.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#forget(oldest);
    }
    return state;
  }

  #forget(key: DocumentKey): void {
    const known = this.#states.get(key);
    if (known === undefined) return;
    this.#states.delete(key);
    this.#bytes -= known.state.byteLength;
  }
}
