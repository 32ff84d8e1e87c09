import { limits, type Timers } from '@hearsay/core';

/** The WebSocket of browsers, as far as it is used here; `ws` has the same. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(
    type: 'close',
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

export interface WebLinkListener {
  frame(frame: Uint8Array): void;
  drained(): void;
  /** Called once, last. */
  closed(code: number, reason: string): void;
}

/** No event tells that output has left: it is looked at so often while there is any. */
const drainPollMs = 50;
/** So long a close may take; browsers themselves wait for minutes where the other side is gone. */
const closeTimeoutMs = 2000;
/** Close codes that a page may send: 1000 and these. */
const firstOwnCode = 3000;
const openState = 1;
const abnormal = 1006;
const unsupportedData = 1003;

/** One dialled socket with bounded output, closed when its other end has fallen silent. */
export class WebLink {
  readonly #socket: WebSocketLike;
  readonly #timers: Timers;
  readonly #listener: WebLinkListener;
  #isClosed = false;
  #cancelSilence: (() => void) | null = null;
  #cancelPoll: (() => void) | null = null;
  #cancelClose: () => void = () => {};

  constructor(socket: WebSocketLike, timers: Timers, listener: WebLinkListener) {
    this.#socket = socket;
    this.#timers = timers;
    this.#listener = listener;
    socket.addEventListener('message', ({ data }) => this.#received(data));
    socket.addEventListener('close', ({ code, reason }) => this.#ended(code, reason));
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** False when the link is closing, or is closed now because its other end does not read. */
  send(frame: Uint8Array): boolean {
    if (this.#isClosed || this.#socket.readyState !== openState) return false;
    if (this.bufferedBytes + frame.byteLength > limits.peerBufferHardBytes) {
      this.#abandon('its other end does not read');
      return false;
    }
    this.#socket.send(Uint8Array.from(frame));
    // A pulled cable says nothing, and pings are not for pages.
    this.#cancelSilence ??= this.#timers.set(limits.linkSilenceMs, () =>
      this.#abandon('its other end has fallen silent'),
    );
    if (this.bufferedBytes > 0) this.#poll();
    return true;
  }

  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    // 1001 and its like are not for pages to send; the other side learns as much from a 1000.
    this.#socket.close(code >= firstOwnCode ? code : 1000, reason.slice(0, 120));
    this.#cancelClose();
    this.#cancelClose = this.#timers.set(closeTimeoutMs, () => this.#ended(abnormal, reason));
  }

  #received(data: unknown): void {
    this.#cancelSilence?.();
    this.#cancelSilence = null;
    if (this.#isClosed) return;
    if (data instanceof ArrayBuffer) this.#listener.frame(new Uint8Array(data));
    else this.close(unsupportedData, 'binary frames only');
  }

  #poll(): void {
    this.#cancelPoll ??= this.#timers.set(drainPollMs, () => {
      this.#cancelPoll = null;
      if (this.bufferedBytes > 0) this.#poll();
      this.#listener.drained();
    });
  }

  #abandon(reason: string): void {
    this.#socket.close();
    this.#ended(abnormal, reason);
  }

  #ended(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelSilence?.();
    this.#cancelPoll?.();
    this.#cancelClose();
    this.#listener.closed(code, reason);
  }
}
