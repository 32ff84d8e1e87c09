import { type ByteReader, ByteWriter, decode } from '@hearsay/core';
import { WebSocket } from 'ws';
import * as Y from 'yjs';

/**
 * A client that knows exactly what was acknowledged: it writes tokens into a map, one an update, in the Hocuspocus
 * dialect, whose server answers each update in order once it is synced.
 */
export class AcknowledgedWriter {
  readonly acknowledged: string[] = [];
  readonly sent: string[] = [];
  readonly #document = new Y.Doc();
  readonly #name: string;
  readonly #socket: WebSocket;
  readonly #heardOf: (token: string) => void;
  #waiting: string[] = [];
  #open = false;
  #isOver = false;

  /** `heard`: told of every acknowledgement when it comes. */
  constructor(url: string, name: string, heard: (token: string) => void = () => {}) {
    this.#name = name;
    this.#heardOf = heard;
    this.#socket = new WebSocket(url);
    this.#socket.on('error', () => {});
    this.#socket.on('open', () => this.#say((writer) => writer.varUint(auth).varUint(0).varString('')));
    this.#socket.on('message', (frame: Buffer) => this.#heard(frame));
    this.#socket.on('close', () => {
      this.#open = false;
      this.#isOver = true;
    });
    this.#document.on('update', (update: Uint8Array) =>
      this.#say((writer) => writer.varUint(sync).varUint(updateType).varBytes(update)),
    );
  }

  /** Whether the server has let it in and has not gone. */
  get open(): boolean {
    return this.#open;
  }

  /** Whether its connection has ended, or never came to be. */
  get isOver(): boolean {
    return this.#isOver;
  }

  write(token: string, value: number | string = 1): void {
    if (!this.#open) return;
    this.sent.push(token);
    this.#waiting.push(token);
    this.#document.getMap('tokens').set(token, value);
  }

  end(): void {
    this.#open = false;
    this.#socket.terminate();
    this.#document.destroy();
  }

  #say(body: (writer: ByteWriter) => unknown): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const writer = new ByteWriter(64).varString(this.#name);
    body(writer);
    this.#socket.send(writer.finish());
  }

  #heard(frame: Uint8Array): void {
    const heard = decode(frame, (reader: ByteReader) => {
      reader.varString();
      const type = reader.varUint();
      const value = type === auth || type === syncStatus ? reader.varUint() : 0;
      reader.rest();
      return { type, value };
    });
    if (!heard.ok) throw new Error(heard.error.message);
    const { type, value } = heard.value;
    if (type === auth && value === authenticated) this.#open = true;
    if (type !== syncStatus) return;
    const [token, ...rest] = this.#waiting;
    this.#waiting = rest;
    if (token === undefined || value !== 1) return;
    this.acknowledged.push(token);
    this.#heardOf(token);
  }
}

const [sync, auth, syncStatus] = [0, 2, 8];
const updateType = 2;
const authenticated = 2;
