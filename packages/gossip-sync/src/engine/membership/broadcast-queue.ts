import type { ReplicaId } from '@hearsay/core';
import type { MemberClaim } from './messages.ts';

interface Broadcast {
  readonly claim: MemberClaim;
  sends: number;
}

/** How often each member sends a piece of news: multiplier * ceil(log10(n + 1)). */
export function sendLimit(multiplier: number, members: number): number {
  return multiplier * Math.ceil(Math.log10(members + 1));
}

/** News waiting to ride on messages: one claim per member, the latest. */
export class BroadcastQueue {
  readonly #broadcasts = new Map<ReplicaId, Broadcast>();

  get size(): number {
    return this.#broadcasts.size;
  }

  /** Replaces older news of the same member, and counts its sends from 0. */
  add(claim: MemberClaim): void {
    this.#broadcasts.delete(claim.replicaId);
    this.#broadcasts.set(claim.replicaId, { claim, sends: 0 });
  }

  /** The news sent least often, the latest first among equals; each counts as sent once more. */
  take(max: number, limit: number): readonly MemberClaim[] {
    if (this.#broadcasts.size === 0) return none;
    const chosen = [...this.#broadcasts.values()].reverse();
    chosen.sort((a, b) => a.sends - b.sends);
    chosen.length = Math.min(chosen.length, max);
    for (const broadcast of chosen) {
      if (++broadcast.sends >= limit) this.#broadcasts.delete(broadcast.claim.replicaId);
    }
    return chosen.map((broadcast) => broadcast.claim);
  }
}

const none: readonly MemberClaim[] = [];
