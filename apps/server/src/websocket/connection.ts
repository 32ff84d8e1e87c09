import type { Duplex } from 'node:stream';
import { closeCodes } from '@hearsay/client-protocol';
import { type BudgetHolder, Inbox, type SharedBudget } from '@hearsay/core';
import type { RawData, WebSocket } from 'ws';
import { webSocketFrame } from './frame.ts';
import { Liveness } from './liveness.ts';

/** What an open client socket tells its owner. */
export interface ConnectionListener {
  /** One whole message. The bytes are the listener's to keep. */
  received(message: Uint8Array, binary: boolean): void;
  /** Everything written so far has left for the system. */
  drained(): void;
  /** Called once, last. */
  closed(code: number): void;
}

/** The parts of a TCP or TLS socket that matter here. */
export type RawSocket = Duplex & {
  readonly bytesRead: number;
  /** Ends it once what was written has left. */
  destroySoon(): void;
};

/**
 * One open client socket. `ws` reads, answers pings and closes; messages are written straight to the socket beneath it,
 * so that a frame built once can be shared by hundreds of connections. The two never meet halfway: without compression
 * `ws` writes each of its frames in one piece too.
 */
export class Connection implements BudgetHolder {
  readonly address: string;
  readonly #webSocket: WebSocket;
  readonly #socket: RawSocket;
  readonly #liveness: Liveness;
  readonly #unfinished: SharedBudget;
  readonly #release: () => void;
  #inbox: Inbox<Message> | undefined;
  #gathering = false;

  /** `unfinished`: what messages that have not arrived whole yet may take, of all connections together. */
  constructor(
    webSocket: WebSocket,
    socket: RawSocket,
    address: string,
    now: number,
    unfinished: SharedBudget,
  ) {
    this.address = address;
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#liveness = new Liveness(socket.bytesRead, now);
    this.#unfinished = unfinished;
    this.#release = () => {
      this.#gathering = false;
      socket.uncork();
    };
  }

  listen(listener: ConnectionListener): void {
    const inbox = new Inbox<Message>({
      handle: ({ data, binary }) => listener.received(data, binary),
      pause: () => this.#webSocket.pause(),
      resume: () => this.#webSocket.resume(),
      nextTurn: setImmediate,
      perTurn: messagesPerTurn,
    });
    this.#inbox = inbox;
    const control = (payload: Buffer): void =>
      this.#liveness.heardControl(this.#socket.bytesRead, payload.byteLength);
    this.#webSocket.on('message', (data, binary) => {
      this.#liveness.heard(this.#socket.bytesRead);
      inbox.put({ data: contiguous(data), binary });
    });
    this.#webSocket.on('ping', control);
    this.#webSocket.on('pong', control);
    // After `ws`, which has listened first.
    this.#socket.on('data', () =>
      this.#unfinished.set(this, this.#liveness.unfinished(this.#socket.bytesRead)),
    );
    // `ws` follows an error with a close and the right code; without a listener it would end the process.
    this.#webSocket.on('error', () => {});
    this.#webSocket.on('close', (code) => {
      this.#unfinished.set(this, 0);
      inbox.end(() => listener.closed(code));
    });
    this.#socket.on('drain', () => listener.drained());
  }

  /** Bytes written and not yet taken by the system. */
  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  /** Sends one message. */
  send(message: Uint8Array): void {
    this.write(webSocketFrame(message));
  }

  /** Writes one prepared frame, which is not touched again by anybody. */
  write(frame: Buffer): void {
    if (this.#webSocket.readyState === openState) this.#socket.write(frame);
  }

  /** What is written until the end of this turn of the event loop goes out in one system call. */
  gather(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    this.#socket.cork();
    // After the promises of this turn, which is where acknowledgements of a batch come from.
    process.nextTick(this.#release);
  }

  /** Takes nothing more until {@link resume}: the client's own system slows it down. */
  pause(): void {
    this.#inbox?.hold();
  }

  resume(): void {
    this.#inbox?.release();
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason);
  }

  /** Closes it without waiting for an answer: it says why, and is gone. */
  cut(code: number, reason: string): void {
    this.close(code, reason);
    this.#socket.destroySoon();
  }

  /** Others need the memory that its unfinished message takes. */
  crowdedOut(): void {
    this.cut(closeCodes.tryAgainLater, 'too much is arriving at once');
  }

  /** Resolves once the socket is gone. */
  whenClosed(): Promise<void> {
    return new Promise((resolve) => this.#webSocket.once('close', () => resolve()));
  }

  terminate(): void {
    this.#webSocket.terminate();
  }

  /** To be called every second: probes silence and ends sockets that are dead or drip. */
  checkLiveness(now: number): void {
    const verdict = this.#liveness.check(this.#socket.bytesRead, now);
    if (verdict === 'probe' && this.#webSocket.readyState === openState) this.#webSocket.ping();
    if (verdict === 'dead' || verdict === 'dripping') this.terminate();
  }
}

interface Message {
  readonly data: Uint8Array;
  readonly binary: boolean;
}

const openState = 1;

/** Of one client, in a turn of the event loop: about a millisecond of small updates. */
export const messagesPerTurn = 32;

function contiguous(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
