import * as Y from 'yjs';
import { ChannelMachine } from '../channel/channel-machine.ts';
import type {
  ChannelEffect,
  ChannelEvent,
  ChannelState,
  Lineage,
  ResetReason,
  WantId,
} from '../channel/channel-types.ts';
import type { EditKey, EditLedger } from '../channel/edit-ledger.ts';
import type { ChannelUser, Connection } from '../connection/connection.ts';
import type { ConnectionState } from '../connection/connection-machine.ts';
import { type ChannelAddress, clientFrames } from '../wire/client-frames.ts';
import type { ServerMessage } from '../wire/server-frames.ts';
import type { DocumentKeeper } from './document-keeper.ts';

export interface ServerChannelListener {
  /** A server has synced these edits to its disk. */
  saved(keys: readonly EditKey[]): void;
  reached(id: WantId): void;
  remember(lineage: Lineage): void;
  reset(reason: ResetReason, life: number): void;
  presence(update: Uint8Array): void;
  announcePresence(): void;
  /** The state of the channel or of its connection is another. */
  changed(): void;
  connectionClosed(code: number, reason: string): void;
  connectionFailed(reason: string): void;
}

export interface ServerChannelOptions {
  readonly connection: Connection;
  readonly name: string;
  readonly lineage: Lineage;
  readonly keeper: DocumentKeeper;
  readonly ledger: EditLedger;
  readonly renewsToken: boolean;
  token(): Promise<string>;
}

/** Runs one document's channel: the machine decides, this reads and changes the document and sends. */
export class ServerChannel implements ChannelUser {
  readonly #options: ServerChannelOptions;
  readonly #listener: ServerChannelListener;
  readonly #address: ChannelAddress;
  readonly #machine: ChannelMachine;

  constructor(options: ServerChannelOptions, listener: ServerChannelListener) {
    const { connection, name, lineage, ledger, renewsToken } = options;
    this.#options = options;
    this.#listener = listener;
    this.#address = connection.addressFor(name);
    this.#machine = new ChannelMachine({
      channel: this.#address,
      lineage,
      renewsToken,
      isStored: (key) => ledger.isStored(key),
    });
  }

  get state(): ChannelState {
    return this.#machine.state;
  }

  get connectionState(): ConnectionState {
    return this.#options.connection.state;
  }

  open(): void {
    this.#options.connection.attach(this.#address, this);
  }

  close(): void {
    this.#options.connection.detach(this.#address);
  }

  handle(event: ChannelEvent): void {
    for (const effect of this.#machine.handle(event)) this.#run(effect);
  }

  announce(update: Uint8Array): void {
    this.#options.connection.send(clientFrames.awareness(this.#address, update));
  }

  up(): void {
    this.handle({ type: 'up', isEmpty: this.#options.keeper.isEmpty() });
  }

  down(code: number, reason: string): void {
    this.handle({ type: 'down' });
    this.#listener.connectionClosed(code, reason);
  }

  failed(reason: string): void {
    this.#listener.connectionFailed(reason);
  }

  message(message: ServerMessage): void {
    this.handle({ type: 'message', message });
  }

  changed(): void {
    this.#listener.changed();
  }

  token(): Promise<string> {
    return this.#options.token();
  }

  #run(effect: ChannelEffect): void {
    const { connection, keeper, ledger } = this.#options;
    switch (effect.type) {
      case 'send':
        return connection.send(effect.frame);
      case 'askToken':
        return this.#askToken(effect.login);
      case 'sendStep1':
        return connection.send(clientFrames.sync(this.#address, 'step1', keeper.stateVector()));
      case 'announcePresence':
        return this.#listener.announcePresence();
      case 'answer': {
        const update = keeper.difference(effect.stateVector);
        return this.handle({ type: 'difference', update, keys: ledger.keys() });
      }
      case 'deliver': {
        const { step, updates } = effect.delivery;
        const [update = emptyUpdate] = updates.length === 1 ? updates : [Y.mergeUpdates([...updates])];
        return connection.send(clientFrames.sync(this.#address, step, update));
      }
      case 'apply':
        keeper.apply(effect.update, 'server');
        if (keeper.isIncomplete()) this.handle({ type: 'incomplete' });
        return;
      case 'presence':
        return this.#listener.presence(effect.update);
      case 'saved':
        return this.#listener.saved(effect.keys);
      case 'reached':
        return this.#listener.reached(effect.id);
      case 'remember':
        return this.#listener.remember(effect.lineage);
      case 'reset':
        return this.#listener.reset(effect.reason, effect.life);
      case 'changed':
        return this.#listener.changed();
    }
  }

  #askToken(login: number): void {
    this.#options.token().then(
      (token) => this.handle({ type: 'token', login, token }),
      (error: unknown) => this.handle({ type: 'tokenFailed', login, reason: String(error) }),
    );
  }
}

/** No structs, no deletions. */
const emptyUpdate: Uint8Array = Uint8Array.of(0, 0);
