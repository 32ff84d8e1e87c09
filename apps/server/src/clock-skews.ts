import type { Clock } from '@hearsay/core';
import type { ClockSkew } from './gossip-status.ts';

/** Told again where it lasts, and where it comes back after somebody set it right. */
const againAfterMs = 3_600_000;

/** Of so many replicas, the first that are found: whoever is a member can say that it is any. */
const mostReplicas = 256;

/** Replicas whose clocks are ahead of the one here, for as long as that is news. */
export class ClockSkews {
  readonly #clock: Clock;
  /** By replica, in monotonic milliseconds: when somebody was told, and when it was seen last. */
  readonly #toldAt = new Map<string, number>();
  readonly #seen = new Map<string, ClockSkew & { readonly seenAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True where somebody is to be told of it. */
  saw(replicaId: string, aheadMs: number): boolean {
    this.#forget();
    const at = new Date(this.#clock.now()).toISOString();
    const isKept = this.#seen.has(replicaId) || this.#seen.size < mostReplicas;
    if (isKept) this.#seen.set(replicaId, { replicaId, at, aheadMs, seenAt: this.#clock.monotonic() });
    return this.isDue(replicaId);
  }

  /** Whether to tell of the clock of a replica; then not again for an hour. */
  isDue(replicaId: string): boolean {
    this.#forget();
    if (this.#toldAt.has(replicaId) || this.#toldAt.size >= mostReplicas) return false;
    this.#toldAt.set(replicaId, this.#clock.monotonic());
    return true;
  }

  recent(): readonly ClockSkew[] {
    this.#forget();
    return [...this.#seen.values()].map(({ replicaId, at, aheadMs }) => ({ replicaId, at, aheadMs }));
  }

  #forget(): void {
    const oldest = this.#clock.monotonic() - againAfterMs;
    for (const [replicaId, toldAt] of this.#toldAt) if (toldAt <= oldest) this.#toldAt.delete(replicaId);
    for (const [replicaId, { seenAt }] of this.#seen) if (seenAt <= oldest) this.#seen.delete(replicaId);
  }
}
