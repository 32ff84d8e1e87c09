import type { ReplicaId } from '@hearsay/core';
import type { LinkedPeer } from './peers/events.ts';

/** Who is linked to whom, as far as it is known here. Machines read it; the engine writes it. */
export interface Topology {
  /** Peers with a link to this node, in the order in which the links came up. */
  readonly linked: ReadonlySet<ReplicaId>;
  /** Whether `peer` has said that it is linked to `other`, and so hears from it without this node. */
  isLinked(peer: ReplicaId, other: ReplicaId): boolean;
}

/** A peer with a link, and since when. */
export interface Linked {
  readonly peer: LinkedPeer;
  readonly since: number;
}

export class KnownTopology implements Topology {
  readonly #neighbours = new Map<ReplicaId, ReadonlySet<ReplicaId>>();
  readonly #linked = new Set<ReplicaId>();

  get linked(): ReadonlySet<ReplicaId> {
    return this.#linked;
  }

  isLinked(peer: ReplicaId, other: ReplicaId): boolean {
    return this.#neighbours.get(peer)?.has(other) ?? false;
  }

  linkUp(peer: ReplicaId): void {
    this.#linked.add(peer);
  }

  linkDown(peer: ReplicaId): void {
    this.#linked.delete(peer);
    this.#neighbours.delete(peer);
  }

  heard(peer: ReplicaId, neighbours: readonly ReplicaId[]): void {
    if (this.#linked.has(peer)) this.#neighbours.set(peer, new Set(neighbours));
  }
}
