import type { ReplicaId } from '@hearsay/core';

/** Weight of a new measurement: as TCP smooths its round trips (RFC 6298). */
const weight = 1 / 8;

/** Round-trip times to peers, measured on the probes of membership. */
export class RoundTrips {
  /** The last ping to each peer. */
  readonly #sent = new Map<ReplicaId, { readonly sequence: number; readonly at: number }>();
  readonly #smoothed = new Map<ReplicaId, number>();

  get(peer: ReplicaId): number | null {
    return this.#smoothed.get(peer) ?? null;
  }

  pinged(peer: ReplicaId, sequence: number, now: number): void {
    this.#sent.set(peer, { sequence, at: now });
  }

  /** The smoothed time, when this answers the last ping to the same peer. */
  acknowledged(peer: ReplicaId, sequence: number, now: number): number | null {
    const sent = this.#sent.get(peer);
    if (sent?.sequence !== sequence) return null;
    this.#sent.delete(peer);
    const measured = now - sent.at;
    const before = this.#smoothed.get(peer) ?? measured;
    const smoothed = before + (measured - before) * weight;
    this.#smoothed.set(peer, smoothed);
    return smoothed;
  }

  forget(peer: ReplicaId): void {
    this.#sent.delete(peer);
    this.#smoothed.delete(peer);
  }
}
