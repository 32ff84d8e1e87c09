/** A clock and timers that move when they are told. */
export class Time {
  wallMs: number = Date.UTC(2026, 0, 1);
  #timers: { readonly at: number; readonly fire: () => void }[] = [];
  readonly clock: { now(): number; monotonic(): number } = {
    now: () => this.wallMs,
    monotonic: () => this.wallMs,
  };
  readonly timers: { set(delayMs: number, fire: () => void): () => void } = {
    set: (delayMs, fire) => {
      const timer = { at: this.wallMs + delayMs, fire };
      this.#timers.push(timer);
      return () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      };
    },
  };

  pass(ms: number): void {
    this.wallMs += ms;
    const due = this.#timers.filter(({ at }) => at <= this.wallMs);
    this.#timers = this.#timers.filter(({ at }) => at > this.wallMs);
    for (const { fire } of due) fire();
  }
}
