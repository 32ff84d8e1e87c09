import type { Clock } from './ports.ts';

/** A token bucket of one second: bursts pass, and whoever takes on and on gets so much of it a second. */
export class RateBudget {
  readonly #perSecond: number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #level: number;
  #at: number;

  constructor(perSecond: number, clock: Pick<Clock, 'monotonic'>) {
    this.#perSecond = perSecond;
    this.#clock = clock;
    this.#level = perSecond;
    this.#at = clock.monotonic();
  }

  /** Takes what was used; gives for how many milliseconds nothing more should be. */
  take(amount: number): number {
    const now = this.#clock.monotonic();
    const earned = ((now - this.#at) / 1000) * this.#perSecond;
    this.#level = Math.min(this.#perSecond, this.#level + earned) - amount;
    this.#at = now;
    return this.#level >= 0 ? 0 : Math.ceil((-this.#level / this.#perSecond) * 1000);
  }
}
