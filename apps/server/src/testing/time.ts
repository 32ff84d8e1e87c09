/** A clock and timers that move when they are told. */
export class Time {
  /** Set by hand it jumps: timers and monotonic time do not. */
  wallMs: number = Date.UTC(2026, 0, 1);
  #elapsedMs = 0;
  #timers: { readonly at: number; readonly fire: () => void }[] = [];
  readonly clock: { now(): number; monotonic(): number } = {
    now: () => this.wallMs,
    monotonic: () => this.#elapsedMs,
  };
  readonly timers: { set(delayMs: number, fire: () => void): () => void } = {
    set: (delayMs, fire) => {
      const timer = { at: this.#elapsedMs + delayMs, fire };
      this.#timers.push(timer);
      return () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      };
    },
  };

  pass(ms: number): void {
    this.wallMs += ms;
    this.#elapsedMs += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#elapsedMs);
    this.#timers = this.#timers.filter(({ at }) => at > this.#elapsedMs);
    for (const { fire } of due) fire();
  }
}
