import type { Clock, Timers } from '@hearsay/core';

/** A clock that stands until it is told to go on, and the timers on it. */
export class VirtualTime implements Timers, Pick<Clock, 'monotonic'> {
  #now = 0;
  #serial = 0;
  readonly #due: { readonly at: number; readonly serial: number; readonly fire: () => void }[] = [];

  monotonic(): number {
    return this.#now;
  }

  set(delayMs: number, fire: () => void): () => void {
    const entry = { at: this.#now + delayMs, serial: this.#serial++, fire };
    this.#due.push(entry);
    return () => {
      const index = this.#due.indexOf(entry);
      if (index >= 0) this.#due.splice(index, 1);
    };
  }

  after(delayMs: number, fire: () => void): void {
    this.set(delayMs, fire);
  }

  /** Goes on by `ms`, firing what falls due in order; `settle` is awaited after each. */
  async advance(ms: number, settle: () => Promise<void>): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (;;) {
      let next = this.#due[0];
      for (const entry of this.#due) {
        if (
          next === undefined ||
          entry.at < next.at ||
          (entry.at === next.at && entry.serial < next.serial)
        ) {
          next = entry;
        }
      }
      if (next === undefined || next.at > until) break;
      this.#due.splice(this.#due.indexOf(next), 1);
      this.#now = next.at;
      next.fire();
      await settle();
    }
    this.#now = until;
  }
}
