/** How far this node trusts itself: 0 is well, each point stretches its probes by one more interval (Lifeguard). */
export class LocalHealth {
  readonly #max: number;
  #score = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get score(): number {
    return this.#score;
  }

  /** Returns whether the score moved. */
  change(by: number): boolean {
    const before = this.#score;
    this.#score = Math.min(this.#max, Math.max(0, before + by));
    return this.#score !== before;
  }

  stretch(ms: number): number {
    return ms * (this.#score + 1);
  }
}

/** Points for being late: one for each tolerance passed, three at most, so that one pause is forgiven soon. */
export function lagPoints(lagMs: number, toleranceMs: number): number {
  return Math.min(3, Math.floor(lagMs / toleranceMs));
}
