import type { Clock, Random, ReplicaId, Timers } from '@hearsay/core';
import type { EngineOptions } from '../engine/config.ts';
import type { PresenceState } from '../engine/presence/messages.ts';
import type { Authenticator, Replica, Transport } from '../ports.ts';
import type { NodeEvent } from './node-events.ts';

/** What can be set about a gossip node. */
export interface GossipOptions extends EngineOptions {
  /** Where peers can dial this node, best first; empty when it only dials out. */
  readonly addresses?: readonly string[];
  readonly capabilities?: readonly string[];
  /** Milliseconds in which a link has to be authenticated (default 5000). */
  readonly handshakeMs?: number;
}

export interface GossipListeners {
  /** Everything worth logging or counting. */
  event?(event: NodeEvent): void;
  /** States of clients on other nodes; null: gone. */
  presence?(owner: ReplicaId, states: readonly PresenceState[]): void;
}

export interface GossipNodeDeps {
  readonly replica: Replica;
  readonly transport: Transport;
  readonly authenticator: Authenticator;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly timers: Timers;
  /** Draws nonces too: outside of simulations it must be seeded with fresh entropy. */
  readonly random: Random;
  /**
   * 32 bits, drawn where not given. A node that follows another one of its process takes that one's: a second session at
   * one incarnation is a second process with the same disk.
   */
  readonly session?: number;
  readonly options: GossipOptions;
  readonly listeners: GossipListeners;
}
