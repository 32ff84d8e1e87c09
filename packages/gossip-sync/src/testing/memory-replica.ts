import {
  ByteWriter,
  type Digest,
  type DocumentId,
  type DocumentKey,
  digestOf,
  documentId,
  documentKey,
  type Life,
  ok,
  type ReplicaId,
  taggedError,
  unreachable,
} from '@hearsay/core';
import {
  admitUpdate,
  compareSketch,
  contentHash,
  emptyVersion,
  mergeUpdates,
  sketchVersion,
  type Version,
  versionDigest,
} from '@hearsay/document';
import {
  answerWalk,
  compareWalk,
  memoryNodes,
  type NodeStore,
  questionWalk,
  readRoot,
  updateIndex,
} from '@hearsay/merkle';
import type { CommittedChange } from '../driver/committed-change.ts';
import type {
  CollectionRoot,
  ContentEntry,
  ContentsPage,
  DeathCertificate,
  DocumentChange,
  DocumentDescription,
  DocumentDifference,
  OutboxEntry,
  ReceiveOutcome,
  Replica,
  ReplicaIdentity,
} from '../ports.ts';

interface StoredDocument {
  readonly id: DocumentId;
  readonly life: Life;
  readonly state: Uint8Array | null;
  readonly version: Version;
  readonly certificate: DeathCertificate | null;
  readonly feedPosition: number;
}

/** A store in memory for tests of gossip: no log, no compaction, a commit for each change. */
export class MemoryReplica implements Replica {
  readonly identity: ReplicaIdentity;
  readonly documents: Map<DocumentKey, StoredDocument> = new Map();
  /** Entries kept in the outbox. */
  outboxLimit: number = Number.POSITIVE_INFINITY;
  /** Set to reject every call from now on. */
  failure: Error | null = null;
  /** Documents that give no changes and take none. */
  readonly damaged: Set<DocumentKey> = new Set();
  /** Flips what the index says of a document: two replicas then hash the same content differently. */
  digestSalt = '';
  onCommit: (changes: readonly CommittedChange[]) => void = () => {};
  readonly #indexes = new Map<string, NodeStore>();
  readonly #peerCursors = new Map<ReplicaId, number>();
  readonly #mailCursors = new Map<ReplicaId, number>();
  readonly #state = new Map<string, Uint8Array>();
  #outbox: OutboxEntry[] = [];
  #sequence = 0;
  #feedHead = 0;

  constructor(identity: ReplicaIdentity) {
    this.identity = identity;
  }

  /** An edit of a client here. */
  async write(name: string, update: Uint8Array, collection = 'default'): Promise<number> {
    const id = { collection, name };
    const outcome = await this.#store({ kind: 'update', id, life: 1, update }, null);
    if (!outcome.ok) throw new Error(outcome.error.code);
    return this.#sequence;
  }

  async delete(name: string, certificate: DeathCertificate): Promise<void> {
    await this.#store({ kind: 'certificate', id: { collection: 'default', name }, certificate }, null);
  }

  /** As if the outbox had overflowed: whatever is in it has to be found by repair. */
  dropOutbox(): void {
    this.#outbox = [];
  }

  /** Loses a document without a trace in feed or outbox, as damage would. */
  async lose(name: string): Promise<void> {
    const key = documentKey({ collection: 'default', name });
    this.documents.delete(key);
    const nodes = this.#index('default');
    const { writes } = await updateIndex(nodes, new Map([[key, null]]));
    await nodes.write(writes);
  }

  text(name: string, collection = 'default'): Uint8Array | null | undefined {
    return this.documents.get(documentKey({ collection, name }))?.state;
  }

  async roots(): Promise<readonly CollectionRoot[]> {
    this.#check();
    const roots = await Promise.all(
      [...this.#indexes].map(async ([collection, nodes]) => ({ collection, ...(await readRoot(nodes)) })),
    );
    return roots.sort((a, b) => (a.collection < b.collection ? -1 : 1));
  }

  async feedHead(): Promise<number> {
    this.#check();
    return this.#feedHead;
  }

  async recent(after: number, maxEntries: number): ReturnType<Replica['recent']> {
    this.#check();
    const later = [...this.documents]
      .filter(([, document]) => document.feedPosition > after)
      .sort(([, a], [, b]) => a.feedPosition - b.feedPosition);
    const page = later.slice(0, maxEntries);
    const complete = page.length === later.length;
    const last = page.at(-1)?.[1].feedPosition ?? after;
    return {
      entries: page.map(([key, document]) => ({ key, digest: this.#digest(document) })),
      cursor: complete ? this.#feedHead : last,
      complete,
    };
  }

  async digests(keys: readonly DocumentKey[]): Promise<readonly (Digest | null)[]> {
    this.#check();
    return keys.map((key) => {
      const document = this.documents.get(key);
      return document === undefined ? null : this.#digest(document);
    });
  }

  async questionWalk(
    ...[collection, paths]: Parameters<Replica['questionWalk']>
  ): ReturnType<Replica['questionWalk']> {
    return questionWalk(this.#index(collection), paths);
  }

  async answerWalk(
    ...[collection, question, maxBytes]: Parameters<Replica['answerWalk']>
  ): ReturnType<Replica['answerWalk']> {
    return answerWalk(this.#index(collection), question, maxBytes);
  }

  async compareWalk(
    ...[collection, question, answer]: Parameters<Replica['compareWalk']>
  ): ReturnType<Replica['compareWalk']> {
    return compareWalk(this.#index(collection), question, answer);
  }

  async describe(keys: readonly DocumentKey[]): Promise<readonly DocumentDescription[]> {
    this.#check();
    return keys.map((key) => this.#describe(key));
  }

  async contents(after: DocumentKey | null, maxDocuments: number): Promise<ContentsPage> {
    this.#check();
    const keys = [...this.documents.keys()].sort().filter((key) => after === null || key > after);
    const page = keys.slice(0, maxDocuments);
    const entries = page.flatMap((key) => this.#contentOf(key) ?? []);
    return { entries, next: keys.length > maxDocuments ? (page.at(-1) ?? null) : null };
  }

  async conflicting(entries: readonly ContentEntry[]): Promise<readonly DocumentKey[]> {
    this.#check();
    return entries.flatMap(({ key, version, content }) => {
      const mine = this.#contentOf(key);
      return mine?.version === version && mine.content !== content ? [key] : [];
    });
  }

  #contentOf(key: DocumentKey): ContentEntry | undefined {
    const document = this.documents.get(key);
    if (document === undefined || document.state === null || this.damaged.has(key)) return undefined;
    const version = versionDigest(document.version, document.life);
    return { key, version, content: contentHash([document.state]).slice(0, 32) as Digest };
  }

  async difference(theirs: DocumentDescription): Promise<DocumentDifference> {
    this.#check();
    const { key } = theirs;
    const mine = this.#describe(key);
    const document = this.documents.get(key);
    const none = { key, changes: [], wanted: false, mine };
    if (this.damaged.has(key)) return { ...none, wanted: theirs.life > 0 };
    if (document === undefined || document.life < theirs.life) return { ...none, wanted: theirs.life > 0 };
    const { id, life, state, version, certificate } = document;
    if (certificate !== null) {
      const isKnown = theirs.life === life && theirs.sketch === null;
      return { ...none, changes: isKnown ? [] : [{ kind: 'certificate', id, certificate }] };
    }
    if (theirs.life === life && theirs.sketch === null) return { ...none, wanted: true };
    if (state === null) return none;
    if (theirs.life < life) return { ...none, changes: [{ kind: 'update', id, life, update: state }] };
    const compared = compareSketch(state, version, theirs.sketch ?? sketchVersion(emptyVersion));
    if (!compared.ok) return none;
    const { update, theyKnowMore } = compared.value;
    return { key, changes: update ? [{ kind: 'update', id, life, update }] : [], wanted: theyKnowMore, mine };
  }

  async receive(changes: readonly DocumentChange[], from: ReplicaId): Promise<readonly ReceiveOutcome[]> {
    this.#check();
    const outcomes: ReceiveOutcome[] = [];
    for (const change of changes) outcomes.push(await this.#store(change, from));
    return outcomes;
  }

  async peerCursor(peer: ReplicaId): Promise<number> {
    this.#check();
    return this.#peerCursors.get(peer) ?? 0;
  }

  async setPeerCursor(peer: ReplicaId, cursor: number): Promise<void> {
    this.#peerCursors.set(peer, cursor);
  }

  async outboxHead(): Promise<number> {
    this.#check();
    return this.#sequence;
  }

  async outbox(after: number, maxBytes: number): ReturnType<Replica['outbox']> {
    this.#check();
    const first = this.#outbox[0]?.sequence ?? this.#sequence + 1;
    const dropped = Math.max(0, first - 1 - after);
    const entries: OutboxEntry[] = [];
    let bytes = 0;
    for (const entry of this.#outbox) {
      if (entry.sequence <= after) continue;
      if (entries.length > 0 && bytes > maxBytes) break;
      entries.push(entry);
      bytes += entry.change.kind === 'update' ? entry.change.update.byteLength : 64;
    }
    return { entries, cursor: entries.at(-1)?.sequence ?? Math.max(after, this.#sequence), dropped };
  }

  async mailCursor(peer: ReplicaId): Promise<number | undefined> {
    this.#check();
    return this.#mailCursors.get(peer);
  }

  async setMailCursor(peer: ReplicaId, cursor: number): Promise<void> {
    this.#mailCursors.set(peer, cursor);
  }

  async readState(name: string): Promise<Uint8Array | undefined> {
    this.#check();
    return this.#state.get(name);
  }

  async writeState(name: string, value: Uint8Array): Promise<void> {
    this.#state.set(name, value);
  }

  /** What the next process on this disk would find. */
  restarted(): MemoryReplica {
    const { incarnation } = this.identity;
    const next = new MemoryReplica({ ...this.identity, incarnation: incarnation + 1 });
    next.outboxLimit = this.outboxLimit;
    next.copyFrom(this);
    return next;
  }

  copyFrom(other: MemoryReplica): void {
    for (const [key, document] of other.documents) this.documents.set(key, document);
    for (const [collection, nodes] of other.#indexes) this.#indexes.set(collection, nodes);
    for (const [peer, cursor] of other.#peerCursors) this.#peerCursors.set(peer, cursor);
    for (const [peer, cursor] of other.#mailCursors) this.#mailCursors.set(peer, cursor);
    for (const [name, value] of other.#state) this.#state.set(name, value);
    this.#outbox = [...other.#outbox];
    this.#sequence = other.#sequence;
    this.#feedHead = other.#feedHead;
  }

  async #store(change: DocumentChange, from: ReplicaId | null): Promise<ReceiveOutcome> {
    const checked = documentId(change.id.collection, change.id.name);
    if (!checked.ok) return checked;
    const id = checked.value;
    const key = documentKey(id);
    const document = this.documents.get(key);
    if (this.damaged.has(key)) return refuse('DOCUMENT_DAMAGED');
    if (change.kind === 'certificate') {
      const { certificate } = change;
      if (document !== undefined && document.life > certificate.life) return ok({ key, novel: false });
      if (document?.certificate) return ok({ key, novel: false });
      await this.#commit(
        key,
        { id, life: certificate.life, state: null, version: emptyVersion, certificate },
        change,
        from,
      );
      return ok({ key, novel: true });
    }
    const { life } = change;
    if (
      document !== undefined &&
      (life < document.life || (life === document.life && document.certificate))
    ) {
      return refuse('LIFE_ENDED');
    }
    const known = document?.life === life ? document.version : emptyVersion;
    const admission = admitUpdate(change.update, known);
    if (!admission.ok) return { ok: false, error: admission.error };
    if (admission.value.kind === 'known') return ok({ key, novel: false });
    const { update, version } = admission.value;
    const state = document?.life === life && document.state ? mergeUpdates([document.state, update]) : update;
    await this.#commit(key, { id, life, state, version, certificate: null }, { ...change, update }, from);
    return ok({ key, novel: true });
  }

  async #commit(
    key: DocumentKey,
    document: Omit<StoredDocument, 'feedPosition'>,
    change: DocumentChange,
    from: ReplicaId | null,
  ): Promise<void> {
    const stored = { ...document, feedPosition: ++this.#feedHead };
    this.documents.set(key, stored);
    const sequence = ++this.#sequence;
    this.#outbox.push({ sequence, key, from, change });
    if (this.#outbox.length > this.outboxLimit) this.#outbox.shift();
    const nodes = this.#index(document.id.collection);
    const { writes } = await updateIndex(nodes, new Map([[key, this.#digest(stored)]]));
    await nodes.write(writes);
    this.onCommit([toCommitted({ sequence, key, from, change })]);
  }

  #describe(key: DocumentKey): DocumentDescription {
    const document = this.documents.get(key);
    if (document === undefined || this.damaged.has(key)) return { key, life: 0, sketch: null, ended: null };
    const { life, certificate, version } = document;
    return { key, life, sketch: certificate === null ? sketchVersion(version) : null, ended: null };
  }

  #digest({ life, version, certificate }: StoredDocument): Digest {
    if (this.digestSalt !== '')
      return digestOf(`salt ${this.digestSalt}`, new ByteWriter().varUint(life).finish());
    return certificate === null
      ? versionDigest(version, life)
      : digestOf('certificate', new ByteWriter().varUint(life).finish());
  }

  #index(collection: string): NodeStore {
    const nodes = this.#indexes.get(collection) ?? memoryNodes();
    this.#indexes.set(collection, nodes);
    return nodes;
  }

  #check(): void {
    if (this.failure !== null) throw this.failure;
  }
}

function toCommitted({ sequence, key, from, change }: OutboxEntry): CommittedChange {
  const origin = from === null ? ({ kind: 'local' } as const) : ({ kind: 'peer', replica: from } as const);
  const { id } = change;
  switch (change.kind) {
    case 'update':
      return { key, id, life: change.life, origin, update: change.update, sequence };
    case 'certificate': {
      const { certificate } = change;
      return { key, id, life: certificate.life, origin, update: null, certificate, sequence };
    }
    default:
      return unreachable(change);
  }
}

function refuse(code: 'LIFE_ENDED' | 'DOCUMENT_DAMAGED'): ReceiveOutcome {
  return { ok: false, error: taggedError(code, code) };
}
