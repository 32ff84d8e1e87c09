import type { Clock } from '@hearsay/core';

/** A token bucket of one second's bytes: bursts pass, a flood is read no faster than the budget. */
export class InboundBudget {
  readonly #bytesPerSecond: number;
  readonly #clock: Clock;
  #level: number;
  #at: number;

  constructor(bytesPerSecond: number, clock: Clock) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#clock = clock;
    this.#level = bytesPerSecond;
    this.#at = clock.monotonic();
  }

  /** Takes received bytes; gives for how many milliseconds nothing more should be read. */
  take(bytes: number): number {
    const now = this.#clock.monotonic();
    const earned = ((now - this.#at) / 1000) * this.#bytesPerSecond;
    this.#level = Math.min(this.#bytesPerSecond, this.#level + earned) - bytes;
    this.#at = now;
    return this.#level >= 0 ? 0 : Math.ceil((-this.#level / this.#bytesPerSecond) * 1000);
  }
}
