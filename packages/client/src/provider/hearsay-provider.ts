import { toHex } from '@hearsay/core';
import { ObservableV2 } from 'lib0/observable';
import { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { platform } from '#provider-platform';
import type { EditKey } from '../channel/edit-ledger.ts';
import { EditLedger } from '../channel/edit-ledger.ts';
import { SharedConnections } from '../connection/shared-connections.ts';
import type { CopyAside } from '../copy/local-copy.ts';
import { DocumentKeeper } from './document-keeper.ts';
import { DocumentTab } from './document-tab.ts';
import { Lead } from './lead.ts';
import { type LocalStorage, localStorageOf } from './local-storage.ts';
import { PresenceRelay } from './presence-relay.ts';
import { ProviderError } from './provider-error.ts';
import type { ProviderEvents, ProviderOptions, SaveOptions } from './provider-options.ts';
import { isSynced, type ProviderState, statusOf } from './provider-state.ts';
import { SavedWaiters, type SaveLevel } from './saved-waiters.ts';

/**
 * Keeps a `Y.Doc` equal with the document of that name on a server, and with a copy on this device: edits are durable here
 * before they are sent, and go out whenever the server can be reached. All providers of one server share a socket; all tabs
 * of a browser profile with the same document share a channel of it.
 */
export class HearsayProvider extends ObservableV2<ProviderEvents> {
  readonly url: string;
  readonly name: string;
  readonly doc: Y.Doc;
  readonly awareness: Awareness | null;
  /** Resolves when what this device keeps is in the document; also when it could not be read. */
  readonly whenLoaded: Promise<void>;
  readonly #options: ProviderOptions;
  readonly #storage: LocalStorage;
  readonly #session = toHex(platform.entropy(8));
  readonly #ledger = new EditLedger();
  readonly #keeper: DocumentKeeper;
  readonly #relay: PresenceRelay | null;
  readonly #waiters: SavedWaiters;
  readonly #ownsAwareness: boolean;
  #tab: DocumentTab | undefined;
  #state: ProviderState = { name: 'offline', reason: null };
  #unsaved = 0;
  #wants = 0;
  #joins = 0;
  #isWanted: boolean;
  #isLoaded = false;
  #isDestroyed = false;
  /** Keys of the edits of `transact`, while it runs. */
  #made: EditKey[] | undefined;

  constructor(url: string, name: string, doc: Y.Doc, options: ProviderOptions = {}) {
    super();
    this.url = url.replace(/\/+$/, '');
    this.name = name;
    this.doc = doc;
    this.#options = options;
    this.#ownsAwareness = options.awareness === undefined;
    this.awareness = options.awareness === undefined ? new Awareness(doc) : options.awareness;
    this.#storage = localStorageOf(options.storage, this.url, name);
    this.#keeper = new DocumentKeeper(
      {
        doc,
        origin: this,
        session: this.#session,
        ledger: this.#ledger,
        openCopy: () => this.#storage.openCopy(),
      },
      {
        edited: (key, update) => {
          this.#made?.push(key);
          this.#tab?.edited(key, update);
          this.#countUnsaved();
        },
        stored: (key, update) => this.#tab?.stored(key, update),
        learnt: (key, update) => this.#tab?.learnt(key, update),
        storageFailed: (error) => this.emit('storage-error', [error]),
      },
    );
    this.#relay =
      this.awareness === null
        ? null
        : new PresenceRelay(this.awareness, {
            ownChanged: (client, update) => this.#tab?.announce(client, update),
            serverChanged: (update) => this.#tab?.passOn(update),
          });
    this.#waiters = new SavedWaiters({
      nextId: () => `${this.#session}-${++this.#wants}`,
      want: (id, level) => this.#tab?.want(id, level),
      unwant: (id) => this.#tab?.unwant(id),
    });
    this.#isWanted = options.connect !== false;
    doc.on('destroy', this.#docDestroyed);
    this.whenLoaded = this.#load();
  }

  /** What is known about the server and this document. */
  get state(): ProviderState {
    return this.#state;
  }

  get synced(): boolean {
    return isSynced(this.#state);
  }

  /** Edits of this device that no server has synced to disk. */
  get unsaved(): number {
    return this.#ledger.size + this.#keeper.early;
  }

  /** Begins, or tries again at once: also after a refusal. */
  connect(): void {
    this.#isWanted = true;
    if (this.#tab === undefined) this.#join();
    else if (this.#state.name === 'refused' || this.#state.name === 'offline') this.#tab.retry();
  }

  /** Goes offline until `connect()`. Edits are kept on the device; another tab takes over, if there is one. */
  disconnect(): void {
    this.#isWanted = false;
    const tab = this.#tab;
    this.#tab = undefined;
    tab?.close();
    this.#show({ name: 'offline', reason: null });
  }

  /**
   * Resolves when all edits of this device until now, those of other tabs too, are as safe as asked. On levels above `local`
   * that is said of the whole document as the server has it then. Rejects with a {@link ProviderError} when that will not be.
   */
  async whenSaved({ level = 'local', signal }: SaveOptions = {}): Promise<void> {
    await this.whenLoaded;
    await this.#wait(this.#ledger.keys(), level, signal);
  }

  /** Changes the document; resolves when just this change is as safe as asked, as {@link whenSaved}. */
  async transact(change: () => void, { level = 'local', signal }: SaveOptions = {}): Promise<void> {
    if (!this.#isLoaded) await this.whenLoaded;
    const made: EditKey[] = [];
    this.#made = made;
    try {
      this.doc.transact(change);
    } finally {
      this.#made = undefined;
    }
    await this.#wait(made, level, signal);
  }

  /** Copies of this document whose lives ended, as they were on this device. */
  async copiesAside(): Promise<readonly CopyAside[]> {
    await this.whenLoaded;
    return this.#keeper.copy.copiesAside((updates) => merge(updates));
  }

  async discardAside(id: number): Promise<void> {
    await this.whenLoaded;
    await this.#keeper.copy.discardAside(id);
  }

  /** Ends it. Resolves when nothing is being written any more. */
  override async destroy(): Promise<void> {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.doc.off('destroy', this.#docDestroyed);
    this.disconnect();
    this.#relay?.close();
    if (this.#ownsAwareness) this.awareness?.destroy();
    this.#waiters.fail(new ProviderError('CLOSED', 'the provider was destroyed'), 'all');
    super.destroy();
    await this.whenLoaded;
    await this.#keeper.close();
    await this.#storage.release();
  }

  readonly #docDestroyed = (): void => {
    this.destroy().catch((error: unknown) => this.emit('storage-error', [error]));
  };

  async #load(): Promise<void> {
    await this.#keeper.load();
    this.#isLoaded = true;
    if (this.#isDestroyed) return;
    this.#countUnsaved();
    this.emit('loaded', []);
    if (this.#isWanted) this.#join();
  }

  #join(): void {
    if (!this.#isLoaded || this.#isDestroyed || this.#tab !== undefined) return;
    const { name, url } = this;
    const id = `${this.#session}-${++this.#joins}`;
    // Who keeps nothing has nothing to share: it may be somebody else in the same program.
    const shared = this.#storage.name ?? ['alone', id];
    const group = JSON.stringify([url, shared, name, this.#keeper.copy.number]);
    const token = async (): Promise<string> => {
      const { token: given = '' } = this.#options;
      return typeof given === 'function' ? given() : given;
    };
    let takesConnection = false;
    const keeper = this.#keeper;
    const ledger = this.#ledger;
    // Told only while this is the provider's tab: a late word of one that was left counts for nothing.
    const ifCurrent = (run: () => void): void => {
      if (this.#tab === undefined || this.#tab === tab) run();
    };
    const tab: DocumentTab = new DocumentTab(
      {
        keeper,
        ledger,
        waiters: this.#waiters,
        relay: this.#relay,
        now: () => platform.clock.now(),
        join: (listener) => {
          const tabs = platform.joinTabs(group, id, listener);
          return {
            ...tabs,
            close: () => {
              tabs.close();
              if (takesConnection) connections.release(url);
            },
          };
        },
        createLead: (lineage, listener) => {
          takesConnection = true;
          const connection = connections.take(url);
          const renewsToken = typeof this.#options.token === 'function';
          return new Lead({ connection, name, lineage, keeper, ledger, renewsToken, token }, listener);
        },
      },
      {
        shown: (state) => ifCurrent(() => this.#show(state)),
        unsavedChanged: () => this.#countUnsaved(),
        reset: (reason, life) => {
          const unsaved = this.unsaved;
          this.#waiters.fail(new ProviderError('RESET', `the document is ${reason}`), 'all');
          this.emit('reset', [{ reason, life, unsaved, update: Y.encodeStateAsUpdate(this.doc) }]);
        },
        connectionClosed: (code, reason) => this.emit('connection-close', [{ code, reason }]),
        connectionFailed: (reason) => this.emit('connection-error', [{ reason }]),
        storageFailed: (error) => this.emit('storage-error', [error]),
      },
    );
    this.#tab = tab;
    this.#show(tab.state);
    tab.open();
  }

  #show(state: ProviderState): void {
    const before = this.#state;
    this.#state = state;
    if (state.name === 'refused') this.#waiters.fail(refusal(state), 'all');
    if (state.name === 'read-only') this.#waiters.fail(readOnly(), 'edits');
    if (JSON.stringify(before) !== JSON.stringify(state)) {
      this.emit('status', [{ status: statusOf(state), state }]);
    }
    if (isSynced(before) === isSynced(state)) return;
    this.emit('sync', [isSynced(state)]);
    this.emit('synced', [isSynced(state)]);
  }

  #countUnsaved(): void {
    const { unsaved } = this;
    if (unsaved === this.#unsaved) return;
    this.#unsaved = unsaved;
    this.emit('unsaved', [unsaved]);
  }

  async #wait(edits: readonly EditKey[], level: SaveLevel, signal: AbortSignal | undefined): Promise<void> {
    if (this.#isDestroyed) throw new ProviderError('CLOSED', 'the provider was destroyed');
    const unsaved = edits.filter((key) => this.#ledger.has(key));
    if (this.#state.name === 'refused' && (unsaved.length > 0 || level !== 'local'))
      throw refusal(this.#state);
    if (this.#state.name === 'read-only' && unsaved.length > 0) throw readOnly();
    await this.#waiters.wait(unsaved, level, signal);
  }
}

const connections = new SharedConnections({
  clock: platform.clock,
  timers: platform.timers,
  random: () => Math.random(),
  openTransport: platform.openTransport,
  onStir: platform.onStir,
});

function refusal({ code, reason }: Extract<ProviderState, { name: 'refused' }>): ProviderError {
  return new ProviderError(code === 'RESET' ? 'RESET' : 'REFUSED', `${code}: ${reason}`);
}

function readOnly(): ProviderError {
  return new ProviderError('READ_ONLY', 'this client may read the document and not write it');
}

/** In one document: merging many updates otherwise costs the square of their number. */
function merge(updates: readonly Uint8Array[]): Uint8Array {
  const doc = new Y.Doc({ gc: false });
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update);
  });
  const merged = Y.encodeStateAsUpdate(doc);
  doc.destroy();
  return merged;
}
