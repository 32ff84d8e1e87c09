/** How many links may be open whose other end has not proved yet who it is. */
export interface UnprovenBounds {
  readonly perAddress: number;
  readonly inAll: number;
}

/** Counts accepted links until they are proven or gone: anybody may open them, and each takes memory and a deadline. */
export class UnprovenLinks {
  readonly #bounds: UnprovenBounds;
  readonly #byAddress = new Map<string, number>();
  #total = 0;

  constructor(bounds: UnprovenBounds) {
    this.#bounds = bounds;
  }

  /** Gives what to call, once or more, when it counts no longer; undefined where there is no place. */
  enter(address: string): (() => void) | undefined {
    const open = this.#byAddress.get(address) ?? 0;
    if (open >= this.#bounds.perAddress || this.#total >= this.#bounds.inAll) return undefined;
    this.#byAddress.set(address, open + 1);
    this.#total++;
    let isIn = true;
    return () => {
      if (isIn) this.#leave(address);
      isIn = false;
    };
  }

  #leave(address: string): void {
    this.#total--;
    const open = (this.#byAddress.get(address) ?? 1) - 1;
    if (open === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, open);
  }
}
