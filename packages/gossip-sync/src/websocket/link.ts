import { Inbox, limits, type RateBudget, type Timers } from '@hearsay/core';
import type { RawData, WebSocket } from 'ws';
import { untoldBytes } from '../ports.ts';

export interface LinkListener {
  frame(frame: Uint8Array): void;
  /** Something has come to the other end. */
  drained(): void;
  /** Called once, last. */
  closed(code: number, reason: string): void;
}

/** A link that is silent over two pings is dead at the third beat: half-open TCP would otherwise last for hours. */
const missedHeartbeats = 2;
const heartbeatMs = limits.linkSilenceMs / (missedHeartbeats + 1);

/** How long the other side has to answer a close before the socket is destroyed. */
const closeTimeoutMs = 2000;

/** The same of a stranger, whose deadline is over then. */
const strangerCloseTimeoutMs = 250;

/** Of one link, in a turn of the event loop: a millisecond or two of work, so that a peer which says much takes turns with clients. */
export const framesPerTurn = 16;

/** Close code of RFC 6455 for data of a kind that is not taken. */
const unsupportedData = 1003;

/** One peer socket with its heartbeat, its budgets and its bounded output. */
export class Link {
  readonly #socket: WebSocket;
  readonly #timers: Timers;
  readonly #budget: RateBudget;
  readonly #listener: LinkListener;
  readonly #inbox: Inbox<Uint8Array>;
  /** On whose account nothing is read: it is over its bytes, or the node does not keep up. */
  readonly #holders = new Set<'bytes' | 'node'>();
  #isDoubted = false;
  #misses = 0;
  #sentBytes = 0;
  /** Bytes up to which the other end was asked whether they have come, and up to which it said so. */
  #markedBytes = 0;
  #arrivedBytes = 0;
  #closed = false;
  #cancelHeartbeat: () => void = () => {};
  #cancelPause: () => void = () => {};
  #cancelClose: () => void = () => {};

  constructor(socket: WebSocket, timers: Timers, budget: RateBudget, listener: LinkListener) {
    this.#socket = socket;
    this.#timers = timers;
    this.#budget = budget;
    this.#listener = listener;
    this.#inbox = new Inbox({
      handle: (frame) => listener.frame(frame),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      nextTurn: setImmediate,
      perTurn: framesPerTurn,
    });
    // Without a listener an error would end the process. `ws` follows it with a close, which a hostile peer never answers.
    socket.on('error', () => this.#endSoon());
    socket.on('message', (data, isBinary) => this.#received(data, isBinary));
    socket.on('ping', () => this.#heard());
    socket.on('pong', (mark) => this.#onPong(mark));
    socket.on('close', (code, reason) => this.#ended(code, reason.toString('utf8')));
    this.#scheduleHeartbeat();
  }

  /** Not yet with the system, or marked and not known to have come. */
  get bufferedBytes(): number {
    return Math.max(this.#socket.bufferedAmount, this.#markedBytes - this.#arrivedBytes);
  }

  /** False when the link is closing, or is closed now because its peer does not read. */
  send(frame: Uint8Array): boolean {
    if (this.#closed || this.#socket.readyState !== this.#socket.OPEN) return false;
    if (this.bufferedBytes + frame.byteLength > limits.peerBufferHardBytes) {
      this.#socket.terminate();
      return false;
    }
    this.#sentBytes += frame.byteLength;
    this.#socket.send(frame, { binary: true, compress: false });
    if (this.#sentBytes - this.#markedBytes >= untoldBytes) this.#mark();
    return true;
  }

  close(code: number, reason: string): void {
    if (this.#closed) return;
    this.#socket.close(code, reason.slice(0, 120));
    this.#endSoon();
  }

  /** Reads and handles nothing until everybody who holds it has released it. */
  hold(holder: 'bytes' | 'node'): void {
    this.#holders.add(holder);
    this.#inbox.hold();
  }

  release(holder: 'bytes' | 'node'): void {
    this.#holders.delete(holder);
    if (this.#holders.size === 0) this.#inbox.release();
  }

  /** Nobody knows yet who is on its other end. */
  doubt(): void {
    this.#isDoubted = true;
  }

  trust(): void {
    this.#isDoubted = false;
  }

  /** Ends it at once, whatever is still to be said. */
  cut(): void {
    this.#socket.terminate();
  }

  #endSoon(): void {
    this.#cancelClose();
    const timeoutMs = this.#isDoubted ? strangerCloseTimeoutMs : closeTimeoutMs;
    this.#cancelClose = this.#timers.set(timeoutMs, () => this.#socket.terminate());
  }

  #received(data: RawData, isBinary: boolean): void {
    this.#heard();
    if (this.#closed) return;
    if (!isBinary) {
      this.close(unsupportedData, 'binary frames only');
      return;
    }
    const frame =
      data instanceof ArrayBuffer ? new Uint8Array(data) : Array.isArray(data) ? Buffer.concat(data) : data;
    this.#inbox.put(frame);
    const pauseMs = this.#budget.take(frame.byteLength);
    if (pauseMs > 0) {
      this.hold('bytes');
      this.#cancelPause();
      this.#cancelPause = this.#timers.set(pauseMs, () => this.release('bytes'));
    }
  }

  /**
   * Asks the other end to say that all this has come. The sockets' own buffers, of which nothing can be seen, hold
   * megabytes: on a thin line that is minutes of waiting for whatever is sent next.
   */
  #mark(): void {
    this.#markedBytes = this.#sentBytes;
    this.#socket.ping(String(this.#markedBytes));
  }

  #onPong(mark: Buffer): void {
    this.#heard();
    const arrived = Number(mark.toString('latin1'));
    // Heartbeats have no mark, and beyond what was sent it can only be a lie.
    if (this.#closed || !(arrived > this.#arrivedBytes && arrived <= this.#markedBytes)) return;
    this.#arrivedBytes = arrived;
    this.#listener.drained();
  }

  #heard(): void {
    this.#misses = 0;
  }

  #scheduleHeartbeat(): void {
    this.#cancelHeartbeat = this.#timers.set(heartbeatMs, () => {
      if (this.#misses >= missedHeartbeats) {
        this.#socket.terminate();
        return;
      }
      this.#misses++;
      if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
      this.#scheduleHeartbeat();
    });
  }

  #ended(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelHeartbeat();
    this.#cancelPause();
    this.#cancelClose();
    this.#inbox.end(() => this.#listener.closed(code, reason));
  }
}
