/** Whether the call that is to fail does nothing, or all that it should and then fails. */
export type Sabotage = 'before' | 'after';

/** Lets one call fail, of all that it sees: with an error that no port of the house ever gives. */
export class Saboteur {
  readonly #sabotage: Sabotage;
  #at = 0;
  #calls = 0;
  #struck: string | undefined;

  constructor(sabotage: Sabotage) {
    this.#sabotage = sabotage;
  }

  /** What failed. */
  get struck(): string | undefined {
    return this.#struck;
  }

  /** The call, counted from now on, that fails. */
  begin(at: number): void {
    this.#calls = 0;
    this.#at = at;
  }

  /** A port of which these calls, which give promises, may fail. */
  wrap<T extends object>(name: string, port: T, calls: readonly string[]): T {
    return new Proxy(port, {
      get: (target, property) => {
        const value: unknown = Reflect.get(target, property);
        if (typeof value !== 'function') return value;
        const run = (...input: unknown[]): unknown => Reflect.apply(value, target, input);
        if (!calls.includes(String(property))) return run;
        return (...input: unknown[]) => this.call(`${name}.${String(property)}`, async () => run(...input));
      },
    });
  }

  async call<T>(name: string, run: () => Promise<T>): Promise<T> {
    if (++this.#calls !== this.#at) return run();
    this.#struck = name;
    if (this.#sabotage === 'after') await run();
    throw new Error(`thrown at ${this.#at}`);
  }
}
