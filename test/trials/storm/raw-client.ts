import type { ClientRequest, IncomingMessage } from 'node:http';
import * as decoding from 'lib0/decoding';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { type Dialect, hocuspocus } from '../../bench/fan-out/frames.ts';
import type { HerdClient, Refusals } from './herd-client.ts';

export interface RawClientOptions {
  readonly url: string;
  readonly document: string;
  readonly dialect: Dialect;
  /** It comes back within this time, whatever happened and however often. */
  readonly retryMs: number;
  /** Where it says it comes from, to a server that believes it. */
  readonly address: string | undefined;
  readonly refusals: Refusals;
}

/**
 * A client without any patience: no back-off, only the second in which it comes back. It heeds `Retry-After`. On every
 * connection it asks for the document, and where its dialect answers writes, writes a token.
 */
export class RawClient implements HerdClient {
  readonly document: string;
  readonly acknowledged: string[] = [];
  attempts = 0;
  readonly #options: RawClientOptions;
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #session: Session | undefined;
  #ended = false;

  constructor(options: RawClientOptions) {
    this.#options = options;
    this.document = options.document;
  }

  start(): void {
    this.#attempt();
  }

  /** What it asked for has come, and what it wrote is on disk, over the connection that it has now. */
  isServed(): boolean {
    return this.#session?.isServed === true;
  }

  write(token: string): void {
    this.#session?.write(token);
  }

  review(): void {}

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#socket?.terminate();
    this.#session = undefined;
  }

  #attempt(): void {
    const { url, dialect, document, address, retryMs } = this.#options;
    let waitMs = Math.random() * retryMs;
    this.attempts++;
    const socket = new WebSocket(`${url}${dialect.path(document)}`, {
      perMessageDeflate: false,
      ...(address !== undefined && { headers: { 'x-forwarded-for': address } }),
    });
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('open', () => {
      this.#session = new Session(dialect, document, {
        send: (frame) => socket.send(frame),
        acknowledged: (token) => this.acknowledged.push(token),
      });
    });
    socket.on('message', (frame: Buffer) => this.#session?.heard(frame));
    socket.on('unexpected-response', (_: ClientRequest, response: IncomingMessage) => {
      const afterMs = Number(response.headers['retry-after'] ?? Number.NaN) * 1000;
      this.#options.refusals.count(response.statusCode ?? 0, afterMs);
      if (afterMs > 0) waitMs += afterMs;
      socket.terminate();
    });
    socket.on('close', () => {
      this.#session = undefined;
      if (!this.#ended) this.#timer = setTimeout(() => this.#attempt(), waitMs);
    });
  }
}

interface SessionDeps {
  send(frame: Uint8Array): void;
  acknowledged(token: string): void;
}

/** One connection of a raw client. Its tokens are of a document of its own, so that none builds on one that was lost. */
class Session {
  readonly #dialect: Dialect;

  readonly #deps: SessionDeps;
  readonly #edits = new Y.Doc();
  /** What was sent and not answered, in order; null: the answer to the server's own question. */
  readonly #waiting: (string | null)[] = [];
  #isSynced = false;
  #answered = 0;

  constructor(dialect: Dialect, name: string, deps: SessionDeps) {
    this.#dialect = dialect;
    this.#deps = deps;
    this.#edits.on('update', (update: Uint8Array) => deps.send(dialect.update(name, update)));
    for (const frame of dialect.opening(name)) deps.send(frame);
  }

  get isServed(): boolean {
    return this.#isSynced && (this.#dialect !== hocuspocus || this.#answered > 0);
  }

  write(token: string): void {
    if (!this.#isSynced || this.#dialect !== hocuspocus) return;
    this.#waiting.push(token);
    this.#edits.getMap('tokens').set(token, 1);
  }

  heard(frame: Uint8Array): void {
    const answer = this.#dialect.answer(frame);
    if (answer !== undefined) {
      this.#waiting.push(null);
      this.#deps.send(answer);
    }
    const decoder = decoding.createDecoder(frame);
    if (this.#dialect === hocuspocus) decoding.readVarString(decoder);
    const type = decoding.readVarUint(decoder);
    if (type === sync && decoding.readVarUint(decoder) === secondStep && !this.#isSynced) {
      this.#isSynced = true;
      this.write(`${Math.random()}`);
    } else if (type === syncStatus) this.#settled(decoding.readVarUint(decoder) === 1);
  }

  #settled(isSaved: boolean): void {
    const token = this.#waiting.shift() ?? null;
    if (token === null) return;
    this.#answered++;
    if (isSaved) this.#deps.acknowledged(token);
  }
}

const [sync, syncStatus] = [0, 8];
const secondStep = 1;
