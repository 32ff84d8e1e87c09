export interface UsedProofsBounds {
  /** How many are remembered: 150 bytes each. */
  readonly most: number;
  /** The longest that one is valid. */
  readonly lifeMs: number;
}

/** Proofs that were shown to this node, so that none is worth anything a second time. */
export class UsedProofs {
  /** When each may be forgotten, by its id, oldest first. */
  readonly #until = new Map<string, number>();
  readonly #bounds: UsedProofsBounds;

  constructor(bounds: UsedProofsBounds) {
    this.#bounds = bounds;
  }

  /**
   * Takes one, at `now` in monotonic milliseconds. `full`: there is no room for it, and as long as that is so it is worth nothing, as
   * what is not remembered could be shown again.
   */
  take(id: string, now: number): 'fresh' | 'used' | 'full' {
    const { most, lifeMs } = this.#bounds;
    if (this.#until.has(id)) return 'used';
    // Not before there is need of the room: a wall clock that is put back makes what has expired valid again.
    if (this.#until.size >= most) this.#forget(now);
    if (this.#until.size >= most) return 'full';
    this.#until.set(id, now + lifeMs);
    return 'fresh';
  }

  /** All have the same life, so they expire in the order they came in. */
  #forget(now: number): void {
    for (const [id, until] of this.#until) {
      if (until > now) return;
      this.#until.delete(id);
    }
  }
}
