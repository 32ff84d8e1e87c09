import type { ChannelUser, Connection } from '../connection/connection.ts';
import { type ChannelAddress, clientFrames } from '../wire/client-frames.ts';
import type { ServerMessage } from '../wire/server-frames.ts';

/**
 * Another tab's presence, announced by the tab that has the connection. Servers take one presence from a channel, so each
 * has its own, on which nothing else is said.
 */
export class TabPresence implements ChannelUser {
  readonly #connection: Connection;
  readonly #address: ChannelAddress;
  readonly #token: () => Promise<string>;
  #update: Uint8Array;

  constructor(
    connection: Connection,
    address: ChannelAddress,
    token: () => Promise<string>,
    update: Uint8Array,
  ) {
    this.#connection = connection;
    this.#address = address;
    this.#token = token;
    this.#update = update;
    connection.attach(address, this);
  }

  announce(update: Uint8Array): void {
    this.#update = update;
    this.#connection.send(clientFrames.awareness(this.#address, update));
  }

  close(): void {
    this.#connection.detach(this.#address);
  }

  up(): void {
    this.#logIn();
  }

  message(message: ServerMessage): void {
    if (message.type === 'renewLogin') this.#logIn();
  }

  token(): Promise<string> {
    return this.#token();
  }

  down(): void {}
  failed(): void {}
  changed(): void {}

  #logIn(): void {
    this.#token().then(
      (token) => {
        this.#connection.send(clientFrames.token(this.#address, token));
        this.#connection.send(clientFrames.awareness(this.#address, this.#update));
      },
      () => {}, // the document's own channel tells of it
    );
  }
}
