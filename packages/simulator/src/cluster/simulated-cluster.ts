import { createRandom, type Random } from '@hearsay/core';
import type { StoreTunables } from '@hearsay/storage';
import { type DiskFault, VirtualDisk } from '../disk/virtual-disk.ts';
import type { LatencyProfile } from '../network/conditions.ts';
import type { FrameFault } from '../network/frame-faults.ts';
import { VirtualNetwork } from '../network/network.ts';
import { addressOf } from '../network/transport.ts';
import type { CreateGossip } from '../node/gossip-port.ts';
import { type NodeObserver, SimulatedNode } from '../node/simulated-node.ts';
import type { Upkeep } from '../node/upkeep.ts';
import { Coverage } from '../run/coverage.ts';
import { noTrace, type Tracer } from '../run/trace.ts';
import { WallClock } from '../time/node-clock.ts';
import { VirtualTime } from '../time/virtual-time.ts';
import type { Topology } from './topology.ts';

/** Hears what happens to nodes and their disks. */
export interface ClusterObserver extends NodeObserver {
  diskFault(node: SimulatedNode, fault: DiskFault): void;
}

/** What a simulated cluster is made of. */
export interface ClusterOptions {
  readonly seed: string;
  readonly nodes: number;
  readonly topology: Topology;
  readonly latency: (from: number, to: number) => LatencyProfile;
  readonly createGossip: CreateGossip;
  /** Where each node stands; nowhere when not given. */
  readonly region?: (node: number) => string;
  /** Duration of a sync in milliseconds. */
  readonly syncMs: number;
  readonly clocks?: readonly { readonly skewMs: number; readonly drift: number }[];
  readonly durability?: 'synced' | 'buffered';
  /** Nodes forget nothing when not given. */
  readonly upkeep?: Upkeep;
  readonly tunables?: Partial<StoreTunables>;
  readonly observer?: ClusterObserver;
  readonly trace?: (time: VirtualTime) => Tracer;
  /** Counts traffic per pair of nodes; too much for a thousand of them. */
  readonly detailedTraffic?: boolean;
}

/** Machines with shipping nodes on them, in one process and on one virtual clock. Nothing happens but by its methods. */
export class SimulatedCluster {
  readonly time: VirtualTime = new VirtualTime();
  readonly coverage: Coverage = new Coverage();
  readonly random: Random;
  readonly trace: Tracer;
  readonly network: VirtualNetwork;
  readonly nodes: readonly SimulatedNode[];

  constructor(options: ClusterOptions) {
    this.random = createRandom(options.seed);
    this.trace = options.trace?.(this.time) ?? noTrace;
    const numberOf = (host: string): number => Number(host.slice(1));
    this.network = new VirtualNetwork(
      {
        latency: (from, to) => options.latency(numberOf(from), numberOf(to)),
        connected: (from, to) => options.topology.connects(numberOf(from), numberOf(to)),
        detailedTraffic: options.detailedTraffic ?? true,
      },
      {
        time: this.time,
        random: this.random.fork('network'),
        trace: this.trace,
        fired: (fault) => this.fired(fault),
      },
    );
    this.nodes = Array.from({ length: options.nodes }, (_, index) => this.#createNode(index, options));
  }

  node(index: number): SimulatedNode {
    return this.nodes[index % this.nodes.length] as SimulatedNode;
  }

  /** A fault has had its effect. */
  fired(fault: FrameFault | DiskFault | string): void {
    this.coverage.count(`fault:${fault}`);
    this.trace.line('fault', fault);
  }

  startAll(): void {
    for (const node of this.nodes) node.start();
  }

  run(durationMs: number): Promise<void> {
    return this.time.runFor(durationMs);
  }

  /** Nothing gets from one group to another; the returned function heals it. */
  partition(groups: readonly (readonly number[])[]): () => void {
    const ways = groups.flatMap((group, i) =>
      groups.flatMap((other, j) =>
        i === j
          ? []
          : group.flatMap((a) => other.map((b) => [this.node(a).name, this.node(b).name] as const)),
      ),
    );
    for (const [from, to] of ways) this.network.conditions.block(from, to);
    return () => {
      for (const [from, to] of ways) this.network.conditions.unblock(from, to);
    };
  }

  #createNode(index: number, options: ClusterOptions): SimulatedNode {
    const name = hostName(index);
    const random = this.random.fork(name);
    const { skewMs = 0, drift = 0 } = options.clocks?.[index] ?? {};
    const observer = options.observer ?? silent;
    const wall = new WallClock(this.time, skewMs, drift);
    const disk = new VirtualDisk({
      time: this.time,
      random: random.fork('disk'),
      syncMs: options.syncMs,
      fired: (fault) => {
        this.fired(fault);
        observer.diskFault(this.node(index), fault);
      },
    });
    return new SimulatedNode(
      {
        name,
        cluster: 'simulated',
        dialOnly: options.topology.dialOnly(index),
        region: options.region?.(index) ?? '',
        seeds: options.topology.seedsOf(index).map((seed) => addressOf(hostName(seed))),
        durability: options.durability ?? 'synced',
        tunables: options.tunables ?? {},
        upkeep: options.upkeep,
      },
      {
        time: this.time,
        network: this.network,
        disk,
        wall,
        random,
        trace: this.trace,
        observer,
        createGossip: options.createGossip,
      },
    );
  }
}

function hostName(index: number): string {
  return `n${index}`;
}

const silent: ClusterObserver = {
  diskFault: () => {},
  started: async () => {},
  committed: () => {},
  broken: () => {},
  gossiped: () => {},
};
