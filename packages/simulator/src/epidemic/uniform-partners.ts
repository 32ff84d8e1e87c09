import type { Random, ReplicaId } from '@hearsay/core';
import type { PartnerSource } from '@hearsay/gossip-sync';

/** Every other site equally likely; all sites share one list of ids, so that 10,000 of them stay small. */
export function uniformPartners(site: number, ids: readonly ReplicaId[], random: Random): PartnerSource {
  const others = ids.length - 1;
  return {
    pick: () => {
      const index = random.below(others);
      return ids[index < site ? index : index + 1];
    },
  };
}
