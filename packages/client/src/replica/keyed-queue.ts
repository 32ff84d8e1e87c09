/** Runs jobs one after the other where they share a key, in the order they came, and side by side where they do not. */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<void>>();

  run<T>(keys: readonly string[], job: () => Promise<T>): Promise<T> {
    const done = Promise.all(keys.map((key) => this.#tails.get(key))).then(job);
    const settled = done.then(
      () => {},
      () => {},
    );
    for (const key of keys) this.#tails.set(key, settled);
    void settled.then(() => {
      for (const key of keys) if (this.#tails.get(key) === settled) this.#tails.delete(key);
    });
    return done;
  }
}
