import { ByteWriter, decode } from '@hearsay/core';
import WebSocket from 'ws';
import type { HearsayNode } from '../node.ts';

/** What a client heard: of its updates, whether they are synced; or that it is over. */
type News = 'saved' | 'not saved' | 'over';

/** A client of one document that says just what it is told, in the dialect that acknowledges. */
export class RawClient {
  readonly #socket: WebSocket;
  readonly #name: string;
  readonly #news: News[] = [];
  #heard = (): void => {};
  #state: Uint8Array | undefined;
  closeCode: number | undefined;
  closeReason: string | undefined;

  private constructor(socket: WebSocket, name: string) {
    this.#socket = socket;
    this.#name = name;
    socket.on('error', () => {});
    socket.on('close', (code) => {
      this.closeCode = code;
      this.#tell('over');
    });
    socket.on('message', (data: Buffer) => this.#read(data));
  }

  /** Logged in, and with the document's state asked for; or over already. */
  static async open(
    node: Pick<HearsayNode, 'clientUrl'>,
    name: string,
    { token = 'none', headers = {} }: { token?: string; headers?: Record<string, string> } = {},
  ): Promise<RawClient> {
    const socket = new WebSocket(node.clientUrl, { headers });
    const client = new RawClient(socket, name);
    await new Promise((resolve) => socket.once('open', resolve).once('close', resolve));
    client.#say(2, (frame) => frame.varUint(0).varString(token).varString('raw 4.0.0'));
    client.#say(64, (frame) => frame.varUint(0).varUint(1).varUint(0));
    client.#say(0, (frame) => frame.varUint(0).varBytes(Uint8Array.of(0)));
    return client;
  }

  /** Sends it; whether it is said to be synced. */
  async write(update: Uint8Array): Promise<boolean> {
    this.#say(0, (frame) => frame.varUint(2).varBytes(update));
    return (await this.#next()) === 'saved';
  }

  /** Asks to be told when one node has what it wrote; what comes of it is not waited for. */
  want(): void {
    this.#say(64, (frame) => frame.varUint(3).varUint(1).varUint(1).varUint(0));
  }

  /** The document as the server says it is; undefined where it ends first. */
  async state(): Promise<Uint8Array | undefined> {
    while (this.#state === undefined && !this.#news.includes('over')) {
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
    return this.#state;
  }

  close(): void {
    this.#socket.terminate();
  }

  async #next(): Promise<News> {
    for (;;) {
      const [news] = this.#news;
      if (news === 'over') return news;
      if (news !== undefined) return this.#news.shift() ?? news;
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  #say(type: number, write: (frame: ByteWriter) => ByteWriter): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(write(new ByteWriter(64).varString(this.#name).varUint(type)).finish());
  }

  #tell(news: News): void {
    this.#news.push(news);
    this.#heard();
  }

  #read(data: Uint8Array): void {
    decode(data, (reader) => {
      reader.varString();
      const type = reader.varUint();
      if (type === 8) this.#tell(reader.varUint() === 1 ? 'saved' : 'not saved');
      if (type === 7 || (type === 2 && data.at(-1) !== undefined && reader.varUint() === 1)) {
        this.closeReason = reader.varString();
        this.#tell('over');
      }
      if (type === 0 && reader.varUint() === 1) {
        this.#state = reader.varBytes().slice();
        this.#heard();
      }
      reader.rest();
    });
  }
}
