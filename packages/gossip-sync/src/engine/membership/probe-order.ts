import type { Random, ReplicaId } from '@hearsay/core';

/** Shuffled round robin: everybody is probed once before anybody twice, so 2n - 1 probes apart at most (SWIM). */
export class ProbeOrder {
  readonly #random: Random;
  #order: ReplicaId[] = [];
  #next = 0;
  readonly #urgent = new Set<ReplicaId>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** A new member takes a random place among those still to come in this round. */
  add(replicaId: ReplicaId): void {
    const place = this.#next + this.#random.below(this.#order.length - this.#next + 1);
    this.#order.splice(place, 0, replicaId);
  }

  /** To be probed before all others: there is reason to doubt it. */
  hurry(replicaId: ReplicaId): void {
    this.#urgent.add(replicaId);
  }

  /** Whether somebody waits in a hurry. */
  get isUrgent(): boolean {
    return this.#urgent.size > 0;
  }

  /** The next member that is wanted now; `members` begins a new round. */
  next(
    members: () => readonly ReplicaId[],
    isWanted: (replicaId: ReplicaId, isUrgent: boolean) => boolean,
  ): ReplicaId | undefined {
    for (const replicaId of this.#urgent) {
      this.#urgent.delete(replicaId);
      if (isWanted(replicaId, true)) return replicaId;
    }
    for (let round = 0; round < 2; round++) {
      while (this.#next < this.#order.length) {
        const replicaId = this.#order[this.#next++];
        if (replicaId !== undefined && isWanted(replicaId, false)) return replicaId;
      }
      this.#order = this.#random.shuffled(members());
      this.#next = 0;
    }
    return undefined;
  }
}
