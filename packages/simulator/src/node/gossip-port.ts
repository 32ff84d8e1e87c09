import type { Clock, Random, Timers } from '@hearsay/core';
import type { EngineSummary, NodeEvent, Transport } from '@hearsay/gossip-sync';
import type { CommittedChange, DocumentStore } from '@hearsay/storage';

/** What gossip runs on in a simulated process. */
export interface GossipDeps {
  readonly store: DocumentStore;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Where this node is dialled; undefined for one that only dials out. */
  readonly address: string | undefined;
  readonly seeds: readonly string[];
  /** Where this node stands; empty when nobody says. */
  readonly region: string;
  event(event: NodeEvent): void;
}

/** A running gossip node, as far as the simulator has to know it. */
export interface RunningGossip {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Told of every batch before anybody else is. */
  committed(changes: readonly CommittedChange[]): void;
  summary(): EngineSummary;
}

/** Makes gossip over a store: the shipping node, or one that a test has broken on purpose. */
export type CreateGossip = (deps: GossipDeps) => RunningGossip;
