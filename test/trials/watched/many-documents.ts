import { once } from 'node:events';
import { ByteReader, ByteWriter } from '@hearsay/core';
import { WebSocket } from 'ws';
import * as Y from 'yjs';

/** Many documents over one socket, in the Hocuspocus dialect: each is opened, written to and closed again. */
export class ManyDocuments {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, () => void>();
  #failure: Error | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('message', (frame: Buffer) => this.#heard(frame));
    socket.on('close', (code, reason) => {
      this.#failure = new Error(`the socket was closed with ${code} ${reason.toString()}`);
      this.#release();
    });
  }

  static async connect(url: string): Promise<ManyDocuments> {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const client = new ManyDocuments(socket);
    await once(socket, 'open');
    return client;
  }

  /** Opens a document and adds a word to it; done once that is on disk. */
  async write(name: string): Promise<void> {
    this.#say(name, (writer) => writer.varUint(messages.auth).varUint(0).varString('anonymous'));
    const doc = new Y.Doc();
    doc.getText('text').insert(0, 'opened ');
    const update = Y.encodeStateAsUpdate(doc);
    doc.destroy();
    this.#say(name, (writer) => writer.varUint(messages.sync).varUint(syncUpdate).varBytes(update));
    await new Promise<void>((resolve) => {
      this.#waiting.set(name, resolve);
      if (this.#failure !== undefined) this.#release();
    });
    if (this.#failure !== undefined) throw this.#failure;
  }

  close(name: string): void {
    this.#say(name, (writer) => writer.varUint(messages.close));
  }

  async end(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #say(name: string, body: (writer: ByteWriter) => unknown): void {
    const writer = new ByteWriter(64).varString(name);
    body(writer);
    this.#socket.send(writer.finish());
  }

  #heard(frame: Uint8Array): void {
    const reader = new ByteReader(frame);
    const name = reader.varString();
    if (reader.varUint() !== messages.syncStatus || reader.varUint() !== 1) return;
    const done = this.#waiting.get(name);
    this.#waiting.delete(name);
    done?.();
  }

  #release(): void {
    for (const release of this.#waiting.values()) release();
    this.#waiting.clear();
  }
}

const messages = { sync: 0, auth: 2, close: 7, syncStatus: 8 } as const;
const syncUpdate = 2;
