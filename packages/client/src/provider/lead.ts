import type { ChannelState, Lineage, WantId } from '../channel/channel-types.ts';
import type { EditKey, EditLedger } from '../channel/edit-ledger.ts';
import type { Connection } from '../connection/connection.ts';
import type { ConnectionState } from '../connection/connection-machine.ts';
import type { TabId } from '../tabs/tab-group.ts';
import type { WantedLevel } from '../wire/client-frames.ts';
import type { DocumentKeeper } from './document-keeper.ts';
import type { ProviderState } from './provider-state.ts';
import { ServerChannel, type ServerChannelListener } from './server-channel.ts';
import { TabPresence } from './tab-presence.ts';

export interface LeadOptions {
  readonly connection: Connection;
  readonly name: string;
  readonly lineage: Lineage;
  readonly keeper: DocumentKeeper;
  readonly ledger: EditLedger;
  readonly renewsToken: boolean;
  token(): Promise<string>;
}

/** What the tab that leads does for all: the document's channel, and a channel for the presence of each other tab. */
export class Lead {
  readonly #options: LeadOptions;
  readonly #channel: ServerChannel;
  readonly #presences = new Map<TabId, TabPresence>();
  /** Why the last connection or attempt ended. */
  #trouble: string | null = null;

  constructor(options: LeadOptions, listener: ServerChannelListener) {
    this.#options = options;
    this.#channel = new ServerChannel(options, {
      ...listener,
      connectionClosed: (code, reason) => {
        this.#trouble = reason === '' ? `closed with ${code}` : reason;
        listener.connectionClosed(code, reason);
      },
      connectionFailed: (reason) => {
        this.#trouble = reason === '' ? 'the server cannot be reached' : reason;
        listener.connectionFailed(this.#trouble);
      },
    });
  }

  get state(): ProviderState {
    return stateOf(this.#channel.state, this.#channel.connectionState, this.#trouble);
  }

  open(): void {
    this.#channel.open();
  }

  /** Edits of any tab. */
  edited(keys: readonly EditKey[], update: Uint8Array): void {
    this.#channel.handle({ type: 'edited', keys, update });
  }

  stored(): void {
    this.#channel.handle({ type: 'stored' });
  }

  want(id: WantId, level: WantedLevel): void {
    this.#channel.handle({ type: 'want', id, level });
  }

  unwant(id: WantId): void {
    this.#channel.handle({ type: 'unwant', id });
  }

  retry(): void {
    this.#channel.retry();
  }

  /** Who this tab says it is. */
  announce(update: Uint8Array): void {
    this.#channel.announce(update);
  }

  announceTab(tab: TabId, update: Uint8Array): void {
    const known = this.#presences.get(tab);
    if (known !== undefined) {
      known.announce(update);
      return;
    }
    const { connection, name, token } = this.#options;
    const presence = new TabPresence(connection, connection.addressFor(name), token, update);
    this.#presences.set(tab, presence);
  }

  tabGone(tab: TabId): void {
    this.#presences.get(tab)?.close();
    this.#presences.delete(tab);
  }

  close(): void {
    for (const tab of [...this.#presences.keys()]) this.tabGone(tab);
    this.#channel.close();
  }
}

function stateOf(channel: ChannelState, connection: ConnectionState, trouble: string | null): ProviderState {
  if (channel.name === 'refused') return channel;
  if (channel.name === 'reset') {
    return { name: 'refused', code: 'RESET', reason: 'the document was deleted or created anew' };
  }
  switch (connection.name) {
    case 'idle':
    case 'waiting':
      return { name: 'offline', reason: trouble };
    case 'opening':
      return { name: 'connecting' };
    case 'refused':
      return { name: 'refused', code: `CLOSED_${connection.code}`, reason: connection.reason };
    case 'open':
      break;
  }
  switch (channel.name) {
    case 'down':
    case 'login':
      return { name: 'connecting' };
    case 'syncing':
      return { name: 'catching-up' };
    case 'live':
      return { name: channel.mayWrite ? 'live' : 'read-only' };
  }
}
