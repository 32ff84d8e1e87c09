import { type DocumentId, type DocumentKey, documentKey } from '@hearsay/core';
import { endClocks, ScriptedClient, type ScriptedEdit } from '@hearsay/document/testing';
import {
  type CommittedChange,
  type DocumentStore,
  lastEndedBy,
  type StoredDocument,
  type SubmitError,
} from '@hearsay/storage';
import type { SimulatedNode } from '../node/simulated-node.ts';
import type { Report } from '../oracles/violation.ts';
import type { Coverage } from '../run/coverage.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import type { TokenLedger } from './token-ledger.ts';

export interface ClientDeps {
  readonly time: VirtualTime;
  readonly ledger: TokenLedger;
  readonly coverage: Coverage;
  readonly report: Report;
  /** A node has shown a document. */
  served(node: SimulatedNode, document: StoredDocument): void;
  /** A client id that no Yjs document has had before. */
  newClientId(): number;
}

/** How long a client waits before it tries again. */
const retryMs = 1000;
/** Long enough for a node to hear of all that anybody knows: then the client is the only one, and gives in. */
const maxBehind = 400;

/** Refusals that pass by themselves. */
const passing: ReadonlySet<SubmitError['code']> = new Set([
  'STORE_UNAVAILABLE',
  'DISK_FULL',
  'DISK_STALLED',
  'STORE_BUSY',
  'DOCUMENT_DAMAGED',
  'LIFE_UNKNOWN',
]);

interface OpenDocument {
  readonly id: DocumentId;
  readonly key: DocumentKey;
  editor: ScriptedClient;
  clientId: number;
  /** Of the document as the server told it; 0: not heard yet. */
  life: number;
  /** Tokens that no server has acknowledged. */
  readonly open: Set<string>;
  syncing: boolean;
  /** How often in a row its node knew less of its lives than it does. */
  behind: number;
}

/**
 * An editor with a Yjs document of each name, connected to one node at a time: syncs when it connects, submits every
 * edit at once, edits on when it is offline, and comes back after whatever happened to its node.
 */
export class SimulatedClient {
  readonly name: string;
  readonly #deps: ClientDeps;
  readonly #documents = new Map<string, OpenDocument>();
  #node: SimulatedNode;
  #store: DocumentStore | undefined;
  #edits = 0;

  constructor(name: string, node: SimulatedNode, deps: ClientDeps) {
    this.name = name;
    this.#node = node;
    this.#deps = deps;
    this.#keepConnected();
  }

  get connected(): boolean {
    return this.#store !== undefined && this.#store === this.#node.store;
  }

  /** Whether it has edits that no server has acknowledged. */
  get waiting(): boolean {
    return [...this.#documents.values()].some(({ open }) => open.size > 0);
  }

  /** Goes to another node. */
  moveTo(node: SimulatedNode): void {
    if (this.waiting) this.#deps.coverage.count('state:clientMovedWithUnacknowledgedEdits');
    this.#node = node;
    this.#connect();
  }

  edit(id: DocumentId, edit: ScriptedEdit): void {
    const document = this.#open(id);
    const token = `${this.name}.${++this.#edits}`;
    const update = document.editor.edit(edit, token);
    const endClock = endClocks(update).get(document.clientId) ?? 0;
    const life = Math.max(1, document.life);
    const { clientId } = document;
    this.#deps.ledger.written({ token, document: id.name, life, clientId, endClock });
    document.open.add(token);
    if (!this.connected) this.#deps.coverage.count('state:editedOffline');
    else if (document.life > 0 && !document.syncing) this.#submit(document, update);
  }

  /** The node it is connected to has committed something. */
  committed(node: SimulatedNode, changes: readonly CommittedChange[]): void {
    if (node !== this.#node || !this.connected) return;
    for (const change of changes) {
      const { key, update, origin, life } = change;
      const document = this.#byKey(key);
      if (document === undefined) continue;
      if (update === null) this.#forget(document, lastEndedBy(change));
      else if (life === document.life && !(origin.kind === 'client' && origin.session === this.name)) {
        document.editor.receive(update);
      }
    }
  }

  #keepConnected(): void {
    if (!this.connected && this.#node.state === 'running') this.#connect();
    else if (this.connected) for (const document of this.#documents.values()) this.#catchUp(document);
    this.#deps.time.after(retryMs, () => this.#keepConnected());
  }

  #catchUp(document: OpenDocument): void {
    if (document.open.size > 0 && !document.syncing) this.#sync(document);
  }

  #connect(): void {
    // Nobody is let in before a node has started: its store may be open already.
    this.#store = this.#node.state === 'running' ? this.#node.store : undefined;
    for (const document of this.#documents.values()) {
      document.syncing = false;
      if (this.#store !== undefined) this.#sync(document);
    }
  }

  #open(id: DocumentId): OpenDocument {
    const known = this.#documents.get(id.name);
    if (known !== undefined) return known;
    const clientId = this.#deps.newClientId();
    const document: OpenDocument = {
      id,
      key: documentKey(id),
      editor: new ScriptedClient(clientId),
      clientId,
      life: 0,
      open: new Set(),
      syncing: false,
      behind: 0,
    };
    this.#documents.set(id.name, document);
    if (this.connected) this.#sync(document);
    return document;
  }

  /** Both ways, as a stock provider does when it connects. */
  #sync(document: OpenDocument): void {
    document.syncing = true;
    this.#node.enter((store) => this.#exchange(document, store));
  }

  async #exchange(document: OpenDocument, store: DocumentStore): Promise<void> {
    const found = await store.lookup(document.id);
    const stored = await store.read(document.id);
    if (store !== this.#store) return;
    document.syncing = false;
    if (!stored.ok) return;
    if (stored.value !== undefined) this.#deps.served(this.#node, stored.value);
    if (stored.value === undefined) {
      if (found.phase === 'deleted' && found.life >= document.life) this.#forget(document, found.life);
      // A node that has lost its disk knows of no life: the client's is the better knowledge.
      document.life = found.phase === 'deleted' ? found.life + 1 : Math.max(1, found.life, document.life);
    } else {
      // The node was put back to before the document's last death: it has to hear of that first, where anybody knows of it.
      if (stored.value.life < document.life && ++document.behind < maxBehind) return;
      if (stored.value.life < document.life) this.#forget(document, document.life);
      document.behind = 0;
      this.#forget(document, stored.value.life - 1);
      document.life = stored.value.life;
      for (const update of stored.value.updates) document.editor.receive(update);
    }
    if (document.open.size === 0) return;
    this.#submit(document, document.editor.updateSince(stored.value?.version.stateVector ?? new Map()));
  }

  #submit(document: OpenDocument, update: Uint8Array): void {
    const tokens = [...document.open];
    this.#node.enter((store) => this.#hand(document, update, tokens, store));
  }

  async #hand(
    document: OpenDocument,
    update: Uint8Array,
    tokens: readonly string[],
    store: DocumentStore,
  ): Promise<void> {
    const { life } = document;
    const result = await store.submit(document.id, update, { kind: 'client', session: this.name }, life);
    if (result.ok) {
      for (const token of tokens) {
        if (document.open.delete(token)) this.#deps.ledger.acknowledged(token, this.#node.name);
      }
      return;
    }
    const { code, message } = result.error;
    this.#deps.coverage.count(`refused:${code}`);
    if (code === 'LIFE_ENDED') this.#forget(document, life);
    else if (code !== 'UPDATE_MISSING_DEPENDENCIES' && !passing.has(code)) {
      this.#deps.report(
        'honest clients',
        `${this.name} was refused on ${document.id.name}: ${code} ${message}`,
      );
    }
  }

  /** The document it edited is deleted up to `life`: it begins anew, with nothing. */
  #forget(document: OpenDocument, life: number): void {
    if (document.life === 0 || document.life > life) return;
    this.#deps.coverage.count('state:clientLostLife');
    document.clientId = this.#deps.newClientId();
    document.editor = new ScriptedClient(document.clientId);
    document.open.clear();
    document.life = 0;
  }

  #byKey(key: DocumentKey): OpenDocument | undefined {
    for (const document of this.#documents.values()) if (document.key === key) return document;
    return undefined;
  }
}
