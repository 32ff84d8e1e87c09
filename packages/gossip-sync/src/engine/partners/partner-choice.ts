import type { Random, ReplicaId } from '@hearsay/core';
import type { PartnerConfig } from './config.ts';
import type { PartnerSource } from './partner-source.ts';
import { cumulate, drawIndex, rankWeights } from './rank-weights.ts';

/** What is known of a peer that can be reached. */
export interface PartnerFacts {
  readonly replicaId: ReplicaId;
  /** As configured there; empty when not. */
  readonly region: string;
  /** Measured; null before the first measurement. */
  readonly roundTripMs: number | null;
}

export interface PartnerChoiceDeps {
  readonly config: PartnerConfig;
  readonly random: Random;
  /** The region configured here. */
  readonly region: string;
}

/** Peers in this region rank before all others; within a region the round-trip time decides. */
export class PartnerChoice implements PartnerSource {
  readonly #config: PartnerConfig;
  readonly #random: Random;
  readonly #region: string;
  readonly #facts = new Map<ReplicaId, PartnerFacts>();
  readonly #syncedAt = new Map<ReplicaId, number>();
  #peers: readonly ReplicaId[] = [];
  #cumulated: Float64Array = new Float64Array(0);
  #isStale = false;

  constructor({ config, random, region }: PartnerChoiceDeps) {
    this.#config = config;
    this.#random = random;
    this.#region = region;
  }

  get size(): number {
    return this.#facts.size;
  }

  /** Adds a peer, or says anew how far it is. */
  put(facts: PartnerFacts): void {
    const known = this.#facts.get(facts.replicaId);
    this.#facts.set(facts.replicaId, facts);
    if (known === undefined || this.#distance(known) !== this.#distance(facts)) this.#isStale = true;
  }

  delete(peer: ReplicaId): void {
    this.#syncedAt.delete(peer);
    if (this.#facts.delete(peer)) this.#isStale = true;
  }

  /** An exchange with the peer ended well. */
  synced(peer: ReplicaId, now: number): void {
    if (this.#facts.has(peer)) this.#syncedAt.set(peer, now);
  }

  pick(_now: number): ReplicaId | undefined {
    if (this.#isStale) this.#rank();
    const { exponent, uniformShare } = this.#config;
    if (exponent === 0 || (uniformShare > 0 && this.#random.chance(uniformShare)))
      return this.#pickUnsynced();
    return this.#peers[drawIndex(this.#cumulated, this.#random.next())];
  }

  #pickUnsynced(): ReplicaId | undefined {
    let chosen: ReplicaId | undefined;
    let oldest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#config.candidates; i++) {
      const peer = this.#random.pick(this.#peers);
      if (peer === undefined) return undefined;
      const syncedAt = this.#syncedAt.get(peer) ?? Number.NEGATIVE_INFINITY;
      if (chosen !== undefined && syncedAt >= oldest) continue;
      chosen = peer;
      oldest = syncedAt;
    }
    return chosen;
  }

  #rank(): void {
    const facts = [...this.#facts.values()];
    this.#peers = facts.map((peer) => peer.replicaId);
    const distances = facts.map((peer) => this.#distance(peer));
    this.#cumulated = cumulate(rankWeights(distances, this.#config.exponent));
    this.#isStale = false;
  }

  /** Comparable only: regions first, then steps of round-trip time; a peer not yet measured counts as far. */
  #distance({ region, roundTripMs }: PartnerFacts): number {
    const beyond = region === this.#region ? 0 : farthest * 2;
    if (roundTripMs === null) return beyond + farthest;
    const { resolution } = this.#config;
    return beyond + (resolution === 0 ? roundTripMs : Math.round(Math.log2(1 + roundTripMs) / resolution));
  }
}

/** Above any round-trip time in milliseconds that a live link can have. */
const farthest = 1e9;
