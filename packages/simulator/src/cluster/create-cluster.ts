import type { DocumentId } from '@hearsay/core';
import { ScriptedClient } from '@hearsay/document/testing';
import type { GossipOptions } from '@hearsay/gossip-sync';
import type { StoreTunables } from '@hearsay/storage';
import type { LatencyProfile } from '../network/conditions.ts';
import { shippingGossip } from '../node/shipping-gossip.ts';
import { rootsLine } from '../oracles/replica-copy.ts';
import { type ClusterObserver, SimulatedCluster } from './simulated-cluster.ts';
import { createTopology, type Topology, type TopologyName } from './topology.ts';

/** A cluster to be scripted. */
export interface ClusterSettings {
  readonly seed: string;
  readonly nodes: number;
  readonly topology?: TopologyName | Topology;
  readonly latency?: LatencyProfile | ((from: number, to: number) => LatencyProfile);
  readonly region?: (node: number) => string;
  readonly gossip?: GossipOptions;
  readonly tunables?: Partial<StoreTunables>;
  /** Duration of a sync in milliseconds; 0: none. */
  readonly syncMs?: number;
  /** Counts traffic for every pair of nodes; if there are at most 100 when not given. */
  readonly detailedTraffic?: boolean;
  readonly observer?: ClusterObserver;
}

/** What a cluster has cost so far. */
export interface ClusterStats {
  readonly virtualMs: number;
  readonly frames: number;
  readonly bytes: number;
  /** Sums of what the running nodes counted, by name. */
  readonly counters: Readonly<Record<string, number>>;
}

/** Shipping nodes on a virtual clock and network, moved by its methods alone. Nodes are numbered from 0. */
export interface ScriptedCluster {
  /** All of them when no number is given. */
  start(node?: number): void;
  /** SIGTERM: resolves when it is down. */
  stop(node: number): Promise<void>;
  /** SIGKILL. */
  crash(node: number): Promise<void>;
  /** Nothing gets from one group to another, until {@link heal}. */
  partition(groups: readonly (readonly number[])[]): void;
  /** All ways are open, nothing is lost. */
  heal(): void;
  /** From now on so many packets are lost and sent again. */
  lose(share: number): void;
  run(durationMs: number): Promise<void>;
  /** An edit by a client of the node; resolves when it is acknowledged, or false when the node refuses. */
  edit(node: number, name?: string): Promise<boolean>;
  isRunning(node: number): boolean;
  /** One line for each node, equal for equal stores; undefined for a node that does not run. */
  roots(): Promise<readonly (string | undefined)[]>;
  /** Virtual milliseconds until all running nodes had equal roots; undefined when they had not by then. */
  runUntilEqual(budgetMs: number, stepMs?: number): Promise<number | undefined>;
  stats(): ClusterStats;
  /** For what has no method here. */
  readonly inner: SimulatedCluster;
}

/** Everything is down at first. */
export function createSimulatedCluster(settings: ClusterSettings): ScriptedCluster {
  const { seed, nodes, latency = { baseMs: 5, jitterMs: 5 }, topology = 'full' } = settings;
  const inner = new SimulatedCluster({
    seed,
    nodes,
    topology: typeof topology === 'string' ? createTopology(topology, nodes) : topology,
    latency: typeof latency === 'function' ? latency : () => latency,
    createGossip: shippingGossip(settings.gossip ?? {}),
    syncMs: settings.syncMs ?? 0,
    tunables: settings.tunables ?? {},
    detailedTraffic: settings.detailedTraffic ?? nodes <= 100,
    ...(settings.region && { region: settings.region }),
    ...(settings.observer && { observer: settings.observer }),
  });
  const { time, network } = inner;
  const authors = new Map<string, ScriptedClient>();
  const draws = inner.random.fork('edits');
  let edits = 0;

  async function edit(index: number, name: string): Promise<boolean> {
    const { store } = inner.node(index);
    if (store === undefined) return false;
    const author = authors.get(`${index} ${name}`) ?? new ScriptedClient(1 + draws.below(2 ** 32 - 1));
    authors.set(`${index} ${name}`, author);
    const id: DocumentId = { collection: 'default', name };
    const script = {
      action: draws.below(1000),
      position: draws.below(10_000),
      amount: 1 + draws.below(4),
      value: draws.below(10_000),
    };
    const update = author.edit(script, `${index}.${++edits}`);
    const result = await time.complete(store.submit(id, update, { kind: 'client', session: `s${index}` }));
    return result.ok;
  }

  async function roots(): Promise<readonly (string | undefined)[]> {
    const lines: (string | undefined)[] = [];
    for (const { store, state } of inner.nodes) {
      lines.push(state === 'running' && store ? rootsLine(await time.complete(store.roots())) : undefined);
    }
    return lines;
  }

  return {
    inner,
    start(node) {
      if (node === undefined) inner.startAll();
      else inner.node(node).start();
    },
    async stop(node) {
      await time.complete(inner.node(node).stop());
    },
    async crash(node) {
      await time.complete(inner.node(node).kill());
    },
    partition(groups) {
      inner.partition(groups);
    },
    heal: () => network.conditions.heal(),
    lose(share) {
      network.conditions.loss = share;
    },
    run: (durationMs) => inner.run(durationMs),
    edit: (node, name = 'document') => edit(node, name),
    isRunning: (node) => inner.node(node).state === 'running',
    roots,
    async runUntilEqual(budgetMs, stepMs = 500) {
      const start = time.now;
      while (time.now < start + budgetMs) {
        await inner.run(stepMs);
        const lines = new Set((await roots()).filter((line) => line !== undefined));
        if (lines.size === 1) return time.now - start;
      }
      return undefined;
    },
    stats() {
      const counters: Record<string, number> = {};
      for (const { gossip } of inner.nodes) {
        for (const [name, count] of Object.entries(gossip?.summary().counters ?? {})) {
          counters[name] = (counters[name] ?? 0) + count;
        }
      }
      return { virtualMs: time.now, ...network.traffic.total, counters };
    },
  };
}
