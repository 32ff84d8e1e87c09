import { type DocumentId, type DocumentKey, documentId, documentKey, msToHybridTime } from '@hearsay/core';
import { type GossipNode, type Interest, isWithin, type NodeEvent } from '@hearsay/gossip-sync';
import type { WebTransport } from '@hearsay/gossip-sync/web';
import {
  type CommittedChange,
  type DocumentListing,
  type DocumentStore,
  lastEndedBy,
} from '@hearsay/storage';
import * as Y from 'yjs';
import { Emitter } from './emitter.ts';
import type { KeyedQueue } from './keyed-queue.ts';
import type { LinkState } from './link-state.ts';
import { LiveDocument, type ReplicaDocument } from './live-document.ts';
import type { Platform } from './platform/platform.ts';
import type { Replica, ReplicaEvents, ReplicaStatus } from './replica.ts';
import { ReplicaError } from './replica-error.ts';
import type { CopiesAside, CopyAside } from './set-aside.ts';
import { writeSettled } from './settled.ts';
import type { UnsentEdits } from './unsent-edits.ts';

export interface OpenReplicaDeps {
  readonly store: DocumentStore;
  readonly node: GossipNode;
  readonly transport: WebTransport;
  readonly interest: Interest;
  readonly link: LinkState;
  readonly unsent: UnsentEdits;
  readonly copies: CopiesAside;
  readonly queue: KeyedQueue;
  readonly platform: Platform;
}

/** Milliseconds between two events of one kind, and between writes of what is settled. */
const eventMs = 100;
const settledMs = 1000;

/** The parts of a replica, at work. */
export class OpenReplica implements Replica {
  readonly #deps: OpenReplicaDeps;
  readonly #emitter = new Emitter<ReplicaEvents>();
  readonly #documents = new Map<DocumentKey, Promise<LiveDocument>>();
  readonly #live = new Map<DocumentKey, LiveDocument>();
  /** Copies of documents whose end is being stored. */
  readonly #aside = new Map<DocumentKey, CopyAside>();
  readonly #stopFollowing: () => void;
  #mayWrite: boolean | null = null;
  #isClosed = false;
  #isTelling = false;
  #isNoting = false;
  #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  constructor(deps: OpenReplicaDeps) {
    this.#deps = deps;
    this.#stopFollowing = deps.store.onCommit((changes) => this.#onCommit(changes));
  }

  status(): ReplicaStatus {
    const { store, node, link, unsent } = this.#deps;
    const { documents } = store.status();
    const peer = node.status().peers.find(({ link: open }) => open !== null)?.link;
    return {
      state: this.#isClosed ? 'closed' : link.state,
      server: link.server,
      reason: link.reason,
      mayWrite: this.#mayWrite,
      documents,
      unsent: unsent.size,
      progress: link.progress(documents),
      bytesIn: peer?.bytesIn ?? 0,
      bytesOut: peer?.bytesOut ?? 0,
    };
  }

  whenLive(): Promise<void> {
    if (this.#deps.link.state === 'live') return Promise.resolve();
    if (this.#isClosed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => void this.#waiting.push({ resolve, reject }));
  }

  async open(
    collection: string,
    name: string,
    { doc, anew = false }: { readonly doc?: Y.Doc; readonly anew?: boolean } = {},
  ): Promise<ReplicaDocument> {
    const id = this.#toId(collection, name);
    const key = documentKey(id);
    const opening = this.#documents.get(key) ?? this.#load(id, key, doc ?? new Y.Doc(), anew);
    this.#documents.set(key, opening);
    const opened = await opening;
    if (doc !== undefined && opened.doc !== doc) {
      throw new ReplicaError('OPTIONS_INVALID', `"${name}" is open already, in another Y.Doc`);
    }
    return opened.use();
  }

  list(collection: string, after: string, limit: number): Promise<readonly DocumentListing[]> {
    return this.#deps.store.list(collection, after, limit);
  }

  async delete(collection: string, name: string): Promise<boolean> {
    const { store, platform, queue } = this.#deps;
    const id = this.#toId(collection, name);
    const stamp = msToHybridTime(platform.clock.now());
    const by = store.identity.replicaId;
    const deleted = await queue.run([documentKey(id)], () => store.deleteDocument(id, stamp, by));
    if (!deleted.ok) throw new ReplicaError('NOT_STORED', deleted.error.message);
    return deleted.value.novel;
  }

  copiesAside(): Promise<readonly CopyAside[]> {
    return this.#deps.copies.all();
  }

  discard(copy: CopyAside): Promise<void> {
    return this.#deps.copies.discard(copy);
  }

  compare(): void {
    this.#deps.node.repairNow();
  }

  on<Name extends keyof ReplicaEvents>(
    name: Name,
    listener: (event: ReplicaEvents[Name]) => void,
  ): () => void {
    return this.#emitter.on(name, listener);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { node, transport, store, unsent } = this.#deps;
    for (const document of this.#live.values()) await document.end();
    await node.stop();
    transport.shutDown(1000, 'the replica is closed');
    await writeSettled(store, unsent.settled);
    this.#stopFollowing();
    await store.close();
    for (const { reject } of this.#waiting.splice(0)) reject(closedError());
    this.#emitter.emit('status', this.status());
  }

  /** The link, or what is known of it, has changed. */
  changed(): void {
    if (!this.#isClosed) this.#emitter.emit('status', this.status());
  }

  welcomed(mayWrite: boolean): void {
    this.#mayWrite = mayWrite;
  }

  keptAside(copy: CopyAside): void {
    this.#aside.set(documentKey(copy.id), copy);
  }

  took(event: NodeEvent): void {
    const { link, unsent } = this.#deps;
    if (event.type === 'mailAcknowledged') {
      unsent.stored(event.sequence, event.except);
      this.#noteLater();
      this.#tellLater();
    }
    if (event.type === 'provenEqual' || (event.type === 'repairEnded' && event.outcome === 'equal')) {
      unsent.proven();
    }
    if (!link.took(event)) return;
    if (link.state === 'live') for (const { resolve } of this.#waiting.splice(0)) resolve();
    this.changed();
    this.#tellProgress();
  }

  #onCommit(changes: readonly CommittedChange[]): void {
    const { node, unsent } = this.#deps;
    node.committed(changes);
    for (const change of changes) {
      const { key, id, origin, sequence, certificate } = change;
      unsent.saw(sequence);
      if (origin.kind === 'local' && certificate === null) unsent.edited(key, id, sequence);
      const open = this.#live.get(key);
      const before = open?.state;
      open?.committed(change);
      const copy = this.#aside.get(key) ?? null;
      this.#aside.delete(key);
      const isReset = open?.state !== before;
      if (isReset) this.#forget(key);
      if (copy !== null || isReset) {
        this.#emitter.emit('reset', {
          id,
          life: copy?.life ?? lastEndedBy(change),
          copy,
        });
      }
    }
    this.#noteLater();
    this.#emitter.emit(
      'changed',
      changes.map(({ id }) => id),
    );
    this.#tellLater();
  }

  async #load(id: DocumentId, key: DocumentKey, doc: Y.Doc, anew: boolean): Promise<LiveDocument> {
    const { store, queue, copies, platform } = this.#deps;
    const document = new LiveDocument({
      store,
      queue,
      timers: platform.timers,
      now: platform.clock.now,
      id,
      key,
      doc,
      keepAside: async (copy) => {
        await copies.keep(copy);
        this.#emitter.emit('reset', { id: copy.id, life: copy.life, copy });
      },
      closed: () => {
        if (this.#live.get(key) === document) this.#forget(key);
      },
    });
    // Before it is read: what is committed meanwhile is then not missed.
    this.#live.set(key, document);
    try {
      await document.load(anew);
      return document;
    } catch (error) {
      this.#forget(key);
      throw error;
    }
  }

  #forget(key: DocumentKey): void {
    this.#live.delete(key);
    this.#documents.delete(key);
  }

  #toId(collection: string, name: string): DocumentId {
    if (this.#isClosed) throw closedError();
    const id = documentId(collection, name);
    if (!id.ok) throw new ReplicaError('OPTIONS_INVALID', id.error.message);
    if (!isWithin(this.#deps.interest, id.value)) {
      throw new ReplicaError('OUTSIDE_INTEREST', `"${name}" of "${collection}" is not kept by this replica`);
    }
    return id.value;
  }

  #tellProgress(): void {
    const { progress } = this.status();
    if (progress !== null) this.#emitter.emit('progress', progress);
  }

  #tellLater(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    this.#deps.platform.timers.set(eventMs, () => {
      this.#isTelling = false;
      if (this.#isClosed) return;
      this.changed();
      this.#tellProgress();
    });
  }

  #noteLater(): void {
    if (this.#isNoting) return;
    this.#isNoting = true;
    this.#deps.platform.timers.set(settledMs, () => {
      this.#isNoting = false;
      const { store, unsent } = this.#deps;
      if (!this.#isClosed) writeSettled(store, unsent.settled).catch(() => {});
    });
  }
}

function closedError(): ReplicaError {
  return new ReplicaError('CLOSED', 'the replica is closed');
}
