import type { Lineage, ResetReason, WantId } from '../channel/channel-types.ts';
import type { EditKey, EditLedger } from '../channel/edit-ledger.ts';
import type { TabGroup, TabId, TabListener, TabMessage } from '../tabs/tab-group.ts';
import type { WantedLevel } from '../wire/client-frames.ts';
import type { DocumentKeeper } from './document-keeper.ts';
import type { Lead } from './lead.ts';
import type { PresenceRelay } from './presence-relay.ts';
import { isSynced, type ProviderState } from './provider-state.ts';
import type { SavedWaiters } from './saved-waiters.ts';
import type { ServerChannelListener } from './server-channel.ts';

export interface DocumentTabOptions {
  readonly keeper: DocumentKeeper;
  readonly ledger: EditLedger;
  readonly waiters: SavedWaiters;
  readonly relay: PresenceRelay | null;
  join(listener: TabListener): TabGroup;
  createLead(lineage: Lineage, listener: ServerChannelListener): Lead;
  /** Unix milliseconds. */
  now(): number;
}

export interface DocumentTabListener {
  shown(state: ProviderState): void;
  unsavedChanged(): void;
  /** The copy is aside. */
  reset(reason: ResetReason, life: number): void;
  connectionClosed(code: number, reason: string): void;
  connectionFailed(reason: string): void;
  storageFailed(error: unknown): void;
}

/** One tab's part in a document that several tabs may have open: it follows the one that leads, or leads. */
export class DocumentTab implements TabListener {
  readonly #options: DocumentTabOptions;
  readonly #listener: DocumentTabListener;
  readonly #tabs: TabGroup;
  /** Whose presence came from which tab. */
  readonly #clients = new Map<TabId, number>();
  #lead: Lead | undefined;
  #state: ProviderState = { name: 'connecting' };
  #ended: { readonly reason: ResetReason; readonly life: number } | undefined;
  #isClosed = false;

  constructor(options: DocumentTabOptions, listener: DocumentTabListener) {
    this.#options = options;
    this.#listener = listener;
    this.#tabs = options.join(this);
  }

  /** Makes itself known to the others. */
  open(): void {
    this.#hello();
  }

  get state(): ProviderState {
    return this.#state;
  }

  /** An edit of this tab, before it is durable. */
  edited(key: EditKey, update: Uint8Array): void {
    this.#lead?.edited([key], update);
  }

  stored(key: EditKey, update: Uint8Array): void {
    this.#tabs.post({ type: 'edits', keys: [key], update });
    this.#lead?.stored();
  }

  learnt(key: EditKey, update: Uint8Array): void {
    this.#tabs.post({ type: 'remote', key, update });
    this.#compact();
  }

  /** This tab's own presence. */
  announce(client: number, update: Uint8Array): void {
    this.#lead?.announce(update);
    this.#tabs.post({ type: 'presence', client, update });
  }

  /** What the server told the tab that leads. */
  passOn(update: Uint8Array): void {
    this.#tabs.post({ type: 'presence', client: null, update });
  }

  want(id: WantId, level: WantedLevel): void {
    if (this.#lead !== undefined) this.#lead.want(id, level);
    else this.#tabs.post({ type: 'want', id, level });
  }

  unwant(id: WantId): void {
    if (this.#lead !== undefined) this.#lead.unwant(id);
    else this.#tabs.post({ type: 'unwant', id });
  }

  retry(): void {
    if (this.#lead !== undefined) this.#lead.retry();
    else this.#tabs.post({ type: 'retry' });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#forgetStrangers();
    for (const tab of [...this.#clients.keys()]) this.gone(tab);
    this.#lead?.close();
    this.#tabs.close();
  }

  lead(): void {
    this.#takeLead().catch((error: unknown) => this.#listener.storageFailed(error));
  }

  gone(tab: TabId): void {
    const client = this.#clients.get(tab);
    if (client === undefined) return;
    this.#clients.delete(tab);
    this.#options.relay?.forget([client]);
    this.#lead?.tabGone(tab);
  }

  message(from: TabId, message: TabMessage): void {
    const { keeper, ledger, relay, waiters } = this.#options;
    if (this.#isClosed) return;
    switch (message.type) {
      case 'hello':
        this.#answer(from, message.stateVector);
        return;
      case 'state':
        if (message.to === this.#tabs.id) this.#compare(message);
        return;
      case 'edits':
        this.#take(message.keys, message.update);
        return;
      case 'remote':
        keeper.follow(message.key);
        keeper.apply(message.update, 'device');
        return;
      case 'saved':
        ledger.settle(message.keys);
        waiters.saved(message.keys);
        this.#listener.unsavedChanged();
        return;
      case 'shown':
        this.#show(message.state);
        if (!message.isNew) return;
        this.#hello();
        waiters.askAgain();
        return;
      case 'presence':
        this.#meet(from, message.client, message.update);
        return;
      case 'absent':
        relay?.forget(message.clients);
        return;
      case 'want':
        this.#lead?.want(message.id, message.level);
        return;
      case 'unwant':
        this.#lead?.unwant(message.id);
        return;
      case 'reached':
        waiters.reached(message.id);
        return;
      case 'untold':
        waiters.untold(message.id);
        return;
      case 'retry':
        this.#lead?.retry();
        return;
      case 'reset':
        this.#end(message.reason, message.life);
        return;
    }
  }

  async #takeLead(): Promise<void> {
    const { keeper, createLead } = this.#options;
    // What tabs that are gone have written and not told.
    const lineage = await keeper.reload();
    if (this.#isClosed || this.#ended !== undefined) return;
    this.#listener.unsavedChanged();
    this.#lead = createLead(lineage, this.#serverListener());
    this.#forgetStrangers();
    this.#lead.open();
    this.#tabs.post({ type: 'shown', state: this.#lead.state, isNew: true });
    this.#compact();
  }

  #serverListener(): ServerChannelListener {
    const { keeper, ledger, relay, waiters } = this.#options;
    const failed = (error: unknown): void => this.#listener.storageFailed(error);
    return {
      saved: (keys) => {
        ledger.settle(keys);
        waiters.saved(keys);
        keeper.copy.settle(keys).catch(failed);
        this.#tabs.post({ type: 'saved', keys });
        this.#listener.unsavedChanged();
      },
      reached: (id) => {
        waiters.reached(id);
        this.#tabs.post({ type: 'reached', id });
      },
      untold: (id) => {
        waiters.untold(id);
        this.#tabs.post({ type: 'untold', id });
      },
      remember: (lineage) => {
        keeper.copy.remember(lineage).catch(failed);
      },
      reset: (reason, life) => {
        const end = (): void => {
          this.#tabs.post({ type: 'reset', reason, life });
          this.#end(reason, life);
        };
        keeper.copy.putAside(reason, this.#options.now()).catch(failed).then(end);
      },
      presence: (update) => relay?.fromServer(update),
      announcePresence: () => relay?.announce(),
      changed: () => {
        const state = this.#lead?.state;
        if (state === undefined || sameState(state, this.#state)) return;
        if (isSynced(this.#state) && !isSynced(state)) this.#forgetStrangers();
        this.#show(state);
        this.#tabs.post({ type: 'shown', state, isNew: false });
      },
      connectionClosed: (code, reason) => this.#listener.connectionClosed(code, reason),
      connectionFailed: (reason) => this.#listener.connectionFailed(reason),
    };
  }

  #hello(): void {
    const { keeper, relay } = this.#options;
    this.#tabs.post({ type: 'hello', stateVector: keeper.stateVector() });
    relay?.announce();
  }

  #answer(from: TabId, stateVector: Uint8Array): void {
    const { keeper, ledger, relay } = this.#options;
    relay?.announce();
    if (this.#ended !== undefined) {
      this.#tabs.post({ type: 'reset', ...this.#ended });
      return;
    }
    if (this.#lead === undefined) return;
    this.#tabs.post({
      type: 'state',
      to: from,
      stateVector: keeper.stateVector(),
      update: keeper.difference(stateVector),
      unsaved: ledger.keys().filter((key) => ledger.isStored(key)),
    });
    this.#tabs.post({ type: 'shown', state: this.#lead.state, isNew: false });
    if (relay !== null) this.passOn(relay.everybody());
  }

  #compare({ stateVector, update, unsaved }: Extract<TabMessage, { type: 'state' }>): void {
    const { keeper, ledger } = this.#options;
    keeper.apply(update, 'device');
    for (const key of unsaved) keeper.observe(key);
    this.#listener.unsavedChanged();
    const theirs = new Set(unsaved);
    const keys = ledger.keys().filter((key) => !theirs.has(key));
    if (keys.length === 0) return;
    const missing = keeper.difference(stateVector);
    // The one that leads takes it for durable.
    keeper.whenWritten().then(() => this.#tabs.post({ type: 'edits', keys, update: missing }));
  }

  #take(keys: readonly EditKey[], update: Uint8Array): void {
    const { keeper } = this.#options;
    keeper.apply(update, 'device');
    for (const key of keys) keeper.observe(key);
    this.#lead?.edited(keys, update);
    this.#compact();
    this.#listener.unsavedChanged();
  }

  #meet(tab: TabId, client: number | null, update: Uint8Array): void {
    if (client !== null) {
      if (!this.#clients.has(tab)) this.#tabs.watch(tab);
      this.#clients.set(tab, client);
      this.#lead?.announceTab(tab, update);
    }
    this.#options.relay?.fromTab(client, update);
  }

  #forgetStrangers(): void {
    const { relay } = this.#options;
    const clients = relay?.strangers() ?? [];
    if (clients.length === 0) return;
    relay?.forget(clients);
    if (this.#lead !== undefined) this.#tabs.post({ type: 'absent', clients });
  }

  #show(state: ProviderState): void {
    if (this.#ended !== undefined || sameState(state, this.#state)) return;
    this.#state = state;
    this.#listener.shown(state);
  }

  #end(reason: ResetReason, life: number): void {
    if (this.#ended !== undefined || this.#isClosed) return;
    this.#show({ name: 'refused', code: 'RESET', reason });
    this.#ended = { reason, life };
    // It stays in the group: no other tab is to greet the server with this copy.
    this.#lead?.close();
    this.#listener.reset(reason, life);
  }

  #compact(): void {
    if (this.#lead === undefined) return;
    this.#options.keeper.compactIfDue().catch((error: unknown) => this.#listener.storageFailed(error));
  }
}

function sameState(a: ProviderState, b: ProviderState): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
