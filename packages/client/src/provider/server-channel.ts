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
  /** The server cannot tell of that level. */
  untold(id: WantId): void;
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

  /** Tries again after a refusal, of the document or of the whole connection. */
  retry(): void {
    const { connection } = this.#options;
    this.handle({ type: 'retry', isUp: connection.state.name === 'open' });
    connection.retry();
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
        connection.send(effect.frame);
        return;
      case 'askToken':
        this.#askToken(effect.login);
        return;
      case 'sendStep1':
        connection.send(clientFrames.sync(this.#address, 'step1', keeper.stateVector()));
        return;
      case 'announcePresence':
        this.#listener.announcePresence();
        return;
      case 'answer': {
        const update = keeper.differenceFrom(effect.stateVector);
        if (update === undefined) connection.interrupt('the server sent what is no state vector');
        else this.handle({ type: 'difference', update, keys: ledger.keys() });
        return;
      }
      case 'deliver': {
        const { step, updates } = effect.delivery;
        const [update = emptyUpdate] = updates.length === 1 ? updates : [Y.mergeUpdates([...updates])];
        connection.send(clientFrames.sync(this.#address, step, update));
        return;
      }
      case 'apply':
        if (!keeper.learnFrom(effect.update)) connection.interrupt('the server sent what is no update');
        if (keeper.isIncomplete()) this.handle({ type: 'incomplete' });
        return;
      case 'presence':
        this.#listener.presence(effect.update);
        return;
      case 'saved':
        this.#listener.saved(effect.keys);
        return;
      case 'reached':
        this.#listener.reached(effect.id);
        return;
      case 'untold':
        this.#listener.untold(effect.id);
        return;
      case 'remember':
        this.#listener.remember(effect.lineage);
        return;
      case 'reset':
        this.#listener.reset(effect.reason, effect.life);
        return;
      case 'giveUp':
        connection.interrupt(effect.reason);
        return;
      case 'changed':
        this.#listener.changed();
        return;
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
