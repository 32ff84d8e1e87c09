import { digestOf, utf8Encode } from '@hearsay/core';
import { type Authenticator, createGossipNode, type GossipOptions } from '@hearsay/gossip-sync';
import type { CreateGossip } from './gossip-port.ts';

/** The gossip node that ships, on a simulated process. */
export function shippingGossip(options: GossipOptions): CreateGossip {
  return ({ store, transport, clock, timers, random, address, seeds, region, event }) => {
    const node = createGossipNode({
      replica: store,
      transport,
      authenticator,
      clock,
      timers,
      random,
      options: {
        ...options,
        region,
        addresses: address === undefined ? [] : [address],
        peers: { ...options.peers, seeds },
      },
      listeners: { event },
    });
    return {
      start: () => node.start(),
      stop: () => node.stop(),
      committed: (changes) => node.committed(changes),
      summary: () => node.summary(),
    };
  };
}

/** Signatures take turns of the real event loop and are not what is simulated: a hash of the same claims stands for one. */
const authenticator: Authenticator = {
  prove: async (identity, audience, nonce) => proofOf(identity.cluster, identity.replicaId, audience, nonce),
  verify: async (proof, from, audience, nonce) =>
    proof === proofOf(from.cluster, from.replicaId, audience, nonce),
};

function proofOf(...claims: readonly string[]): string {
  return digestOf('hearsay/simulated-proof/1', ...claims.map(utf8Encode));
}
