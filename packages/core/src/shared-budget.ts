/** Who holds a part of a {@link SharedBudget}. */
export interface BudgetHolder {
  /** It holds most of what is too much together, and has to let go of all of it. */
  crowdedOut(): void;
}

/** Bytes that many hold together up to a bound. Beyond it those that hold most are crowded out: small ones never pay for them. */
export class SharedBudget {
  readonly #maxBytes: number;
  readonly #held = new Map<BudgetHolder, number>();
  #total = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes that all hold together. */
  get total(): number {
    return this.#total;
  }

  /** Says how many bytes `holder` holds from now on; it may be the one that is crowded out for them. */
  set(holder: BudgetHolder, bytes: number): void {
    this.#total += bytes - (this.#held.get(holder) ?? 0);
    if (bytes === 0) this.#held.delete(holder);
    else this.#held.set(holder, bytes);
    while (this.#total > this.#maxBytes) this.#crowdOut();
  }

  #crowdOut(): void {
    let largest: BudgetHolder | undefined;
    let most = 0;
    for (const [holder, bytes] of this.#held) {
      if (bytes <= most) continue;
      largest = holder;
      most = bytes;
    }
    if (largest === undefined) return;
    this.set(largest, 0);
    largest.crowdedOut();
  }
}
