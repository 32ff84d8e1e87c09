import { limits } from '@hearsay/core';
import type { Connection } from '../websocket/connection.ts';

/**
 * What one socket is sent, at the pace at which it takes it: beyond a mark of bytes the rest waits here, in order, until what was
 * written has left. A state of many megabytes would else be framed and handed to the system in one turn.
 */
export class PacedOutput {
  readonly #connection: Pick<Connection, 'bufferedBytes' | 'send'>;
  #waiting: (Uint8Array | (() => void))[] = [];
  #waitingBytes = 0;

  constructor(connection: Pick<Connection, 'bufferedBytes' | 'send'>) {
    this.#connection = connection;
  }

  /** Bytes that have not left; above the soft mark as long as anything waits here. */
  get bytes(): number {
    const bytes = this.#connection.bufferedBytes + this.#waitingBytes;
    return this.#waiting.length === 0 ? bytes : Math.max(bytes, limits.clientBufferSoftBytes + 1);
  }

  send(message: Uint8Array): void {
    if (this.#mayWrite()) this.#connection.send(message);
    else {
      this.#waiting.push(message);
      this.#waitingBytes += message.byteLength;
    }
  }

  /** Runs `act` once everything before has been written. */
  after(act: () => void): void {
    if (this.#mayWrite()) act();
    else this.#waiting.push(act);
  }

  /** The connection has room again; true when nothing waits any more. */
  drained(): boolean {
    const waiting = this.#waiting;
    let next = 0;
    for (; next < waiting.length && this.#connection.bufferedBytes <= limits.clientBufferSoftBytes; next++) {
      const item = waiting[next];
      if (item instanceof Uint8Array) {
        this.#waitingBytes -= item.byteLength;
        this.#connection.send(item);
      } else item?.();
    }
    this.#waiting = waiting.slice(next);
    return this.#waiting.length === 0;
  }

  clear(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #mayWrite(): boolean {
    return this.#waiting.length === 0 && this.#connection.bufferedBytes <= limits.clientBufferSoftBytes;
  }
}
