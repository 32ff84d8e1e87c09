import { createRandom, type ReplicaId, toHex } from '@hearsay/core';
import { createGossipNode, type GossipNode } from '../driver/gossip-node.ts';
import type { GossipOptions } from '../driver/node-deps.ts';
import type { NodeEvent } from '../driver/node-events.ts';
import type { PresenceState } from '../engine/presence/messages.ts';
import type { Authenticator } from '../ports.ts';
import { decodeFrame } from '../wire/frame.ts';
import type { PeerMessage } from '../wire/message-table.ts';
import { MemoryReplica } from './memory-replica.ts';
import { VirtualNetwork, type VirtualTransport } from './virtual-network.ts';
import { VirtualTime } from './virtual-time.ts';

/** A node of a test, with everything around it. */
export interface TestNode {
  readonly name: string;
  readonly id: ReplicaId;
  readonly replica: MemoryReplica;
  readonly node: GossipNode;
  readonly events: NodeEvent[];
  readonly present: { readonly owner: ReplicaId; readonly states: readonly PresenceState[] }[];
}

/** A message as it passed, without the frame around it. */
export interface Spoken {
  readonly from: string;
  readonly to: string;
  readonly said: PeerMessage;
  readonly bytes: number;
}

export interface NodeSetup {
  readonly options?: GossipOptions;
  readonly replica?: MemoryReplica;
  readonly secret?: string;
  readonly cluster?: string;
  /** Where it is dialled; null: it only dials out. */
  readonly address?: string | null;
  /** Draws what another node draws: with that one's identity, a copy of its running process. */
  readonly drawsAs?: string;
}

/** Whole nodes on one virtual clock and network. */
export class TestCluster {
  readonly time: VirtualTime = new VirtualTime();
  readonly network: VirtualNetwork = new VirtualNetwork(this.time);
  readonly nodes: Map<string, TestNode> = new Map();
  /** Everything said after authentication, in the order of sending. */
  readonly spoken: Spoken[] = [];
  readonly transports: Map<string, VirtualTransport> = new Map();
  readonly #seed: string;

  constructor(seed = 'cluster') {
    this.#seed = seed;
    this.network.tap = this.listen;
  }

  /** The tap of the network that notes what is said and lets it pass. */
  readonly listen: VirtualNetwork['tap'] = ({ from, to, frame }) => {
    const decoded = decodeFrame(frame);
    if (decoded.ok && decoded.value !== null && decoded.value.channel !== 'handshake') {
      this.spoken.push({ from, to, said: decoded.value, bytes: frame.byteLength });
    }
    return frame;
  };

  /** Starts nodes that know each other by their addresses. */
  async startMesh(names: readonly string[], options: GossipOptions = {}): Promise<TestNode[]> {
    const nodes: TestNode[] = [];
    for (const name of names) {
      nodes.push(
        await this.start(name, { options: { ...options, peers: { seeds: names, ...options.peers } } }),
      );
    }
    return nodes;
  }

  async start(name: string, setup: NodeSetup = {}): Promise<TestNode> {
    const { options = {}, replica, secret = 'secret', cluster = 'test', address = name } = setup;
    const id = replicaIdOf(name);
    const memory = replica ?? new MemoryReplica({ cluster, replicaId: id, incarnation: 1 });
    const events: NodeEvent[] = [];
    const present: TestNode['present'] = [];
    const transport = this.network.attach(name);
    this.transports.set(name, transport);
    const node = createGossipNode({
      replica: memory,
      transport,
      authenticator: testAuthenticator(secret),
      clock: this.time,
      timers: this.time,
      random: createRandom(`${this.#seed} ${setup.drawsAs ?? name} ${memory.identity.incarnation}`),
      options: { addresses: address === null ? [] : [address], ...options },
      listeners: {
        event: (event) => events.push(event),
        presence: (owner, states) => present.push({ owner, states }),
      },
    });
    memory.onCommit = (changes) => node.committed(changes);
    await node.start();
    const started = { name, id: memory.identity.replicaId, replica: memory, node, events, present };
    this.nodes.set(name, started);
    return started;
  }

  /** The process ends without a word. */
  kill(name: string): void {
    this.network.detach(name);
    const killed = this.nodes.get(name);
    if (killed !== undefined) killed.replica.onCommit = () => {};
    this.nodes.delete(name);
  }

  advance(ms: number): Promise<void> {
    return this.time.advance(ms, () => this.settle());
  }

  /** Goes on until `condition` holds; fails after `withinMs` of virtual time. */
  async until(condition: () => boolean | Promise<boolean>, withinMs = 60_000, stepMs = 20): Promise<void> {
    const end = this.time.monotonic() + withinMs;
    await this.settle();
    while (!(await condition())) {
      if (this.time.monotonic() >= end) throw new Error(`not so within ${withinMs} ms`);
      await this.advance(stepMs);
    }
  }

  async settle(): Promise<void> {
    for (const { node } of this.nodes.values()) await node.idle();
  }

  /** Every node holds the same. */
  async isEqual(): Promise<boolean> {
    const roots = await Promise.all(
      [...this.nodes.values()].map(async ({ replica }) => JSON.stringify(await replica.roots())),
    );
    return new Set(roots).size === 1;
  }

  linkedPeers(name: string): number {
    return (this.nodes.get(name)?.node.status().peers ?? []).filter((peer) => peer.link !== null).length;
  }

  /** Every node is linked to every other. */
  isMeshed(): boolean {
    return [...this.nodes.keys()].every((name) => this.linkedPeers(name) === this.nodes.size - 1);
  }
}

/** Ascending as the names. */
export function replicaIdOf(name: string): ReplicaId {
  return toHex(new TextEncoder().encode(name.padEnd(16, '.').slice(0, 16))) as ReplicaId;
}

/** The proof is the secret and everything it has to bind, in clear. */
export function testAuthenticator(secret: string): Authenticator {
  return {
    prove: async (identity, audience, nonce) =>
      [secret, identity.replicaId, identity.incarnation, audience, nonce].join(' '),
    verify: async (proof, from, audience, nonce) =>
      proof === [secret, from.replicaId, from.incarnation, audience, nonce].join(' '),
  };
}
