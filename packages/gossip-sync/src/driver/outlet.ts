import { limits } from '@hearsay/core';
import { untoldBytes } from '../ports.ts';
import type { Lane } from './lane.ts';
import { inParts } from './parts.ts';

export interface OutletDeps {
  send(frame: Uint8Array): boolean;
  /** Bytes sent that have not arrived, as far as the transport knows. */
  bufferedBytes(): number;
  now(): number;
}

/**
 * The way out of one link. Frames that may wait are kept here and sent a little at a time, so that whatever may not is
 * behind little of them. How much may be under way follows from how fast it arrives: what the line carries in half a
 * second, 64 KB at least. On a line of 256 kbit/s that is two seconds of waiting, on a fast one it is no limit.
 */
export class Outlet {
  readonly #deps: OutletDeps;
  readonly #news: Uint8Array[] = [];
  readonly #bulk: Uint8Array[] = [];
  #waitingBytes = 0;
  #windowBytes = leastWindowBytes;
  #sentBytes = 0;
  /** Since when, and from which count of bytes that arrived, the speed of the line is being measured. */
  #measured: { readonly at: number; readonly arrivedBytes: number } | null = null;
  /** Whether the other end can put pieces together. */
  takesParts = false;

  constructor(deps: OutletDeps) {
    this.#deps = deps;
  }

  /** Sent and not arrived, or waiting here. */
  get bufferedBytes(): number {
    return this.#deps.bufferedBytes() + this.#waitingBytes;
  }

  /** False when the link is gone, or when so much waits that its other end must be taken not to read. */
  put(frame: Uint8Array, lane: Lane): boolean {
    if (lane === 'control') return this.#send(frame);
    if (this.bufferedBytes + frame.byteLength > limits.peerBufferHardBytes) return false;
    const queue = lane === 'news' ? this.#news : this.#bulk;
    for (const part of this.takesParts ? inParts(frame, lane) : [frame]) {
      queue.push(part);
      this.#waitingBytes += part.byteLength;
    }
    this.#flow();
    return true;
  }

  /** Something of what was sent has arrived. */
  arrived(): void {
    if (this.#waitingBytes === 0) return;
    this.#measure();
    this.#flow();
  }

  #flow(): void {
    for (;;) {
      const queue = this.#news.length > 0 ? this.#news : this.#bulk;
      const [frame] = queue;
      if (frame === undefined) {
        this.#measured = null;
        return;
      }
      const underWay = this.#deps.bufferedBytes();
      if (underWay > untoldBytes && underWay + frame.byteLength > this.#windowBytes) {
        this.#measured ??= this.#mark();
        return;
      }
      queue.shift();
      this.#waitingBytes -= frame.byteLength;
      this.#send(frame);
    }
  }

  #send(frame: Uint8Array): boolean {
    this.#sentBytes += frame.byteLength;
    return this.#deps.send(frame);
  }

  #mark(): { at: number; arrivedBytes: number } {
    return { at: this.#deps.now(), arrivedBytes: this.#sentBytes - this.#deps.bufferedBytes() };
  }

  /** Only while the line is kept busy its speed can be seen. */
  #measure(): void {
    if (this.#measured === null) return;
    const mark = this.#mark();
    const elapsedMs = mark.at - this.#measured.at;
    if (elapsedMs < measureMs) return;
    const rate = (mark.arrivedBytes - this.#measured.arrivedBytes) / elapsedMs;
    this.#windowBytes = Math.min(limits.peerBufferSoftBytes, Math.max(leastWindowBytes, rate * windowMs));
    this.#measured = mark;
  }
}

/** Two parts: one is on the line while the other one's arrival is being told. */
const leastWindowBytes = 65_536;
/** What arrives in so long may be under way; longer than the round trips of fat lines, shorter than patience. */
const windowMs = 500;
const measureMs = 250;
