/** Counts promises that are under way, so that somebody can wait for none. */
export class InFlight {
  #count = 0;
  #waiting: (() => void)[] = [];

  get count(): number {
    return this.#count;
  }

  /** Runs `task`; its outcome goes to one of the two before it stops counting. */
  run<T>(task: () => Promise<T>, succeeded: (value: T) => void, failed: (error: unknown) => void): void {
    this.#count++;
    void this.#settle(task, succeeded, failed);
  }

  async #settle<T>(
    task: () => Promise<T>,
    succeeded: (value: T) => void,
    failed: (error: unknown) => void,
  ): Promise<void> {
    try {
      let value: T;
      try {
        value = await task();
      } catch (error) {
        failed(error);
        return;
      }
      succeeded(value);
    } finally {
      this.#count--;
      if (this.#count === 0) for (const wake of this.#waiting.splice(0)) wake();
    }
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#count > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
