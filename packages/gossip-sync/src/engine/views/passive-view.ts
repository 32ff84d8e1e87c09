import type { Random, ReplicaId } from '@hearsay/core';
import type { PeerContact } from './messages.ts';

/** A bounded sample of peers that could be dialled if active ones fail. */
export class PassiveView {
  readonly #random: Random;
  readonly #peers = new Map<ReplicaId, PeerContact>();

  constructor(random: Random) {
    this.#random = random;
  }

  get size(): number {
    return this.#peers.size;
  }

  has(peer: ReplicaId): boolean {
    return this.#peers.has(peer);
  }

  values(): readonly PeerContact[] {
    return [...this.#peers.values()];
  }

  delete(peer: ReplicaId): void {
    this.#peers.delete(peer);
  }

  /** A full view gives up one of `spare` first (the other side of a shuffle has them), else anybody. */
  add(contact: PeerContact, max: number, spare: readonly PeerContact[] = []): void {
    // A peer that only dials out is of no use when it is needed.
    if (contact.addresses.length === 0 || max === 0) return;
    if (!this.#peers.has(contact.replicaId) && this.#peers.size >= max) {
      const spared = spare.find(({ replicaId }) => this.#peers.has(replicaId));
      const victim = spared?.replicaId ?? this.#random.pick([...this.#peers.keys()]);
      if (victim !== undefined) this.#peers.delete(victim);
    }
    this.#peers.set(contact.replicaId, contact);
  }

  sample(count: number): PeerContact[] {
    return this.#random.shuffled(this.values()).slice(0, count);
  }
}
