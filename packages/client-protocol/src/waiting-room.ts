import { limits } from '@hearsay/core';

/**
 * What one socket has said that cannot be dealt with before its login is decided. Bounded, because whoever sends it may be
 * anybody; but a first step 1 carries a whole state vector for each document.
 */
export class WaitingRoom {
  #bytes = 0;
  #messages = 0;

  /** False: the socket has to be closed. */
  enter(bytes: number): boolean {
    this.#bytes += bytes;
    this.#messages++;
    return this.#bytes <= limits.clientWaitingBytes && this.#messages <= limits.clientWaitingMessages;
  }

  leave(bytes: number): void {
    this.#bytes -= bytes;
    this.#messages--;
  }
}
