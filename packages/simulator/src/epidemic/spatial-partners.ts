import type { Random, ReplicaId } from '@hearsay/core';
import { PartnerChoice, type PartnerSource } from '@hearsay/gossip-sync';
import type { Network } from './grid-network.ts';

/** The shipping partner choice over a network: a link takes one unit of time, and no pick is uniform unless a is 0. */
export function spatialPartners(
  network: Network,
  exponent: number,
): (site: number, ids: readonly ReplicaId[], random: Random) => PartnerSource {
  const config = { exponent, uniformShare: 0, candidates: 1, resolution: 0 };
  return (site, ids, random) => {
    const choice = new PartnerChoice({ config, random, region: '' });
    for (const [other, replicaId] of ids.entries()) {
      if (other === site) continue;
      choice.put({ replicaId, region: '', roundTripMs: network.route(site, other).length });
    }
    return choice;
  };
}
