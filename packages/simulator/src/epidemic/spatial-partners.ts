import type { Random, ReplicaId } from '@hearsay/core';
import { PartnerChoice, type PartnerSource } from '@hearsay/gossip-sync';

/** Distance between two sites, in any unit. */
export type Distance = (from: number, to: number) => number;

/**
 * The shipping partner choice by distance; no pick is uniform unless a is 0.
 * Ranking 300 sites for each of 300 takes longer than the epidemic, so the ranks are kept from run to run.
 */
export function spatialPartners(
  distance: Distance,
  exponent: number,
): (site: number, ids: readonly ReplicaId[], random: Random) => PartnerSource {
  const config = { exponent, uniformShare: 0, candidates: 1, resolution: 0 };
  const sites = new Map<number, { readonly choice: PartnerChoice; readonly random: BorrowedRandom }>();
  return (site, ids, random) => {
    const known = sites.get(site);
    if (known !== undefined) {
      known.random.lender = random;
      return known.choice;
    }
    const borrowed = new BorrowedRandom(random);
    const choice = new PartnerChoice({ config, random: borrowed, region: '' });
    for (const [other, replicaId] of ids.entries()) {
      if (other === site) continue;
      choice.put({ replicaId, region: '', roundTripMs: distance(site, other) });
    }
    sites.set(site, { choice, random: borrowed });
    return choice;
  };
}

/** Draws from the generator of the run at hand. */
class BorrowedRandom implements Random {
  lender: Random;

  constructor(lender: Random) {
    this.lender = lender;
  }

  next(): number {
    return this.lender.next();
  }

  below(bound: number): number {
    return this.lender.below(bound);
  }

  chance(probability: number): boolean {
    return this.lender.chance(probability);
  }

  bytes(count: number): Uint8Array {
    return this.lender.bytes(count);
  }

  shuffled<T>(items: readonly T[]): T[] {
    return this.lender.shuffled(items);
  }

  pick<T>(items: readonly T[]): T | undefined {
    return this.lender.pick(items);
  }

  fork(name: string): Random {
    return this.lender.fork(name);
  }
}
