import { type BudgetHolder, limits, type SharedBudget } from '@hearsay/core';

/**
 * What one socket has said that cannot be dealt with before its login is decided. Bounded, because whoever sends it may be
 * anybody; but a first step 1 carries a whole state vector for each document.
 */
export class WaitingRoom implements BudgetHolder {
  readonly #shared: SharedBudget | undefined;
  readonly #crowdedOut: () => void;
  #bytes = 0;
  #messages = 0;

  /** `shared`: with all other sockets; `crowdedOut`: the socket has to be closed, because of what it keeps there. */
  constructor(shared?: SharedBudget, crowdedOut: () => void = () => {}) {
    this.#shared = shared;
    this.#crowdedOut = crowdedOut;
  }

  /** False: the socket has to be closed. */
  enter(bytes: number): boolean {
    this.#messages++;
    this.#hold(this.#bytes + bytes);
    return this.#bytes <= limits.clientWaitingBytes && this.#messages <= limits.clientWaitingMessages;
  }

  leave(bytes: number): void {
    this.#messages--;
    this.#hold(this.#bytes - bytes);
  }

  /** The socket is gone, with all that it kept. */
  close(): void {
    this.#shared?.set(this, 0);
  }

  crowdedOut(): void {
    this.#crowdedOut();
  }

  #hold(bytes: number): void {
    this.#bytes = bytes;
    this.#shared?.set(this, bytes);
  }
}
