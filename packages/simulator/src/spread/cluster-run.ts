import { createRandom, type Random } from '@hearsay/core';
import type { CommittedChange } from '@hearsay/storage';
import { createSimulatedCluster, type ScriptedCluster } from '../cluster/create-cluster.ts';
import type { ClusterMap } from '../map/cluster-map.ts';
import type { SimulatedNode } from '../node/simulated-node.ts';
import { Arrivals } from './arrivals.ts';
import { scheduleFaults } from './fault-schedule.ts';
import { loadsOf } from './link-load.ts';
import { PayloadCounts } from './payload-counts.ts';
import type { SpreadFigure, SpreadMoment } from './report.ts';
import { gossipOptions, type Scenario } from './scenario.ts';
import { dueTimes, Typist, typedIn } from './workload.ts';

/** Figures of one run but those of its links. */
export type RunFigures = Readonly<Record<Exclude<SpreadFigure, 'linkMean' | 'linkLargest'>, number>>;

/** Longest time for a cluster to know itself. */
const joinBudgetMs = 600_000;
/** After that, for links and views to come to rest. */
const restMs = 10_000;
/** Rumours without repair are over when nothing is hot and nothing has arrived for so long: TCP's fifth attempt. */
const quietMs = 10_000;

/** One cluster of whole shipping nodes, from its first start to the end of what it is put through. */
export class ClusterRun {
  readonly #scenario: Scenario;
  readonly #map: ClusterMap;
  readonly #cluster: ScriptedCluster;
  readonly #random: Random;
  readonly #arrivals: Arrivals;
  readonly #payloads: PayloadCounts;
  readonly #typist: Typist;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #hot: { readonly at: number; readonly count: number }[] = [];
  #startedAt: number | undefined;
  #submitted = 0;
  #lastArrivalAt = 0;
  /** When the last update is due and the last fault over. */
  #eventsMs = 0;
  #isEqual = false;

  constructor(scenario: Scenario, map: ClusterMap, seed: string) {
    const { sites } = map.network;
    this.#scenario = scenario;
    this.#map = map;
    this.#random = createRandom(seed).fork('scenario');
    this.#arrivals = new Arrivals(sites);
    this.#typist = new Typist(scenario.workload, this.#random.fork('client ids'));
    this.#cluster = createSimulatedCluster({
      seed,
      nodes: sites,
      topology: map.topology,
      latency: (from, to) => map.latency(from, to),
      region: (node) => map.regionOf(node),
      gossip: gossipOptions(scenario.strategy),
      detailedTraffic: true,
      observer: {
        started: async () => {},
        broken: () => {},
        diskFault: () => {},
        gossiped: () => {},
        committed: (node, changes) => this.#committed(node, changes),
      },
    });
    const { nodes } = this.#cluster.inner;
    this.#payloads = new PayloadCounts(nodes);
    this.#numbers = new Map(nodes.map(({ name }, number) => [name, number]));
  }

  /** Yields after every little while of virtual time, with how much of the run is done. */
  async *play(): AsyncGenerator<{ readonly at: string; readonly share: number }, void> {
    yield* this.#join();
    this.#begin();
    yield* this.#spread();
    const lines = (await this.#cluster.roots()).filter((line) => line !== undefined);
    this.#isEqual = new Set(lines).size === 1;
  }

  /** Whether the first update was due, so that there is something to tell. */
  get hasBegun(): boolean {
    return this.#startedAt !== undefined;
  }

  figures(): RunFigures {
    const running = this.#running();
    const { updates } = this.#arrivals;
    const nodes = this.#map.network.sites;
    const { missing, pairs } = this.#arrivals.missing(running);
    const payloads = this.#cluster.inner.nodes.map((_, node) => this.#payloads.of(node));
    const total = (what: 'sent' | 'received'): number => payloads.reduce((sum, of) => sum + of[what], 0);
    const novel = running.reduce((sum, node) => sum + (payloads[node]?.novel ?? 0), 0);
    const { mean, last } = this.#arrivals.delays(running);
    return {
      residue: Math.max(0, 1 - novel / Math.max(1, pairs)),
      residueAtEnd: missing / Math.max(1, pairs),
      traffic: total('sent') / Math.max(1, updates * nodes),
      redundancy: total('received') / Math.max(1, updates * (nodes - 1)),
      tAverage: mean,
      tLast: last,
      equal: this.#isEqual ? 1 : 0,
      observed: this.#elapsedMs,
    };
  }

  /** Bytes over each link since the first update. */
  loads(): Float64Array {
    const pairs = [...this.#cluster.inner.network.traffic.directions()].map(
      ([from, to, { bytes }]) => [this.#numberOf(from), this.#numberOf(to), bytes] as const,
    );
    return loadsOf(this.#map.network, pairs);
  }

  /** At most so many moments, evenly spread. */
  moments(most: number): SpreadMoment[] {
    const startedAt = this.#startedAt ?? 0;
    const coolAt = this.#hot.findLast(({ count }) => count > 0)?.at ?? 0;
    const overAt = Math.max(this.#lastArrivalAt, coolAt) + 1000;
    const shown = this.#hot.filter(({ at }) => at <= overAt);
    const every = Math.max(1, Math.ceil(shown.length / most));
    return shown
      .filter((_, index) => index % every === 0 || index === shown.length - 1)
      .map(({ at, count }) => {
        const { have, lack } = this.#arrivals.at(at);
        return { at: at - startedAt, susceptible: lack, infective: count, removed: have - count };
      });
  }

  async *#join(): ReturnType<ClusterRun['play']> {
    const { nodes, time } = this.#cluster.inner;
    for (const [index, node] of nodes.entries()) {
      node.start();
      // A large cluster that starts at once is a storm of its own.
      if (nodes.length > 30) await this.#cluster.run(20);
      yield { at: `${index + 1} nodes started`, share: (0.1 * index) / nodes.length };
    }
    const until = time.now + joinBudgetMs;
    for (let known = 0; known < nodes.length && time.now < until; ) {
      await this.#cluster.run(500);
      known = nodes.filter(({ gossip }) => gossip?.summary().members === nodes.length).length;
      yield { at: `${known} nodes know all`, share: 0.1 + (0.1 * known) / nodes.length };
    }
    for (let restedMs = 0; restedMs < restMs; restedMs += 500) {
      await this.#cluster.run(500);
      yield { at: 'views settle', share: 0.2 };
    }
  }

  #begin(): void {
    const { inner } = this.#cluster;
    const { time, network } = inner;
    this.#startedAt = time.now;
    this.#lastArrivalAt = time.now;
    network.traffic.reset();
    this.#payloads.begin();
    const crashing = (node: number): void => this.#payloads.crashing(node);
    const faultsMs = scheduleFaults(
      this.#scenario.faults,
      inner,
      this.#map,
      this.#random.fork('faults'),
      crashing,
    );
    const writers = this.#random.fork('writers');
    const due = dueTimes(this.#scenario.workload, this.#random.fork('moments'));
    for (const [number, at] of due.entries()) time.after(at, () => this.#submit(number, writers));
    this.#eventsMs = Math.max(faultsMs, due.at(-1) ?? 0);
  }

  async *#spread(): ReturnType<ClusterRun['play']> {
    const sliceMs = this.#map.network.sites <= 200 ? 20 : 100;
    const { patienceMs, workload } = this.#scenario;
    this.#sample();
    while (this.#elapsedMs < this.#eventsMs + patienceMs) {
      await this.#cluster.run(sliceMs);
      this.#sample();
      const { missing, pairs } = this.#arrivals.missing(this.#running());
      const arrived = pairs === 0 ? 0 : 1 - missing / pairs;
      const at = `${(this.#elapsedMs / 1000).toFixed(1)} s, ${this.#submitted} of ${workload.updates} updates, ${Math.floor(arrived * 100)} % arrived`;
      const during = Math.min(1, this.#elapsedMs / Math.max(1, this.#eventsMs));
      const after = Math.max(0, this.#elapsedMs - this.#eventsMs) / patienceMs;
      yield { at, share: 0.2 + 0.7 * during + 0.1 * Math.min(1, after) };
      if (this.#elapsedMs > this.#eventsMs && this.#isOver(missing)) return;
    }
  }

  #isOver(missing: number): boolean {
    if (this.#isHot()) return false;
    const { news, repair } = this.#scenario.strategy;
    if (missing === 0) return this.#cluster.inner.nodes.every(({ state }) => state !== 'starting');
    return news === 'rumour' && !repair && this.#cluster.inner.time.now > this.#lastArrivalAt + quietMs;
  }

  #submit(number: number, random: Random): void {
    const running = this.#running();
    const node = running[random.below(Math.max(1, running.length))];
    this.#submitted++;
    if (node === undefined) return;
    const machine = this.#cluster.inner.node(node);
    const { id, update } = this.#typist.type(number, machine);
    machine.enter(async (store) => {
      await store.submit(id, update, { kind: 'client', session: `client at ${machine.name}` });
    });
  }

  #committed(node: SimulatedNode, changes: readonly CommittedChange[]): void {
    if (this.#startedAt === undefined) return;
    const { time } = this.#cluster.inner;
    const number = this.#numberOf(node.name);
    for (const { update, origin } of changes) {
      if (update === null) continue;
      for (const name of typedIn(update)) {
        if (origin.kind === 'client') this.#arrivals.stored(name, number, time.now);
        else this.#arrivals.arrived(name, number, time.now);
      }
      this.#lastArrivalAt = time.now;
    }
  }

  #numberOf(name: string): number {
    return this.#numbers.get(name) ?? -1;
  }

  get #elapsedMs(): number {
    return this.#startedAt === undefined ? 0 : this.#cluster.inner.time.now - this.#startedAt;
  }

  #running(): number[] {
    return this.#cluster.inner.nodes.flatMap(({ state }, node) => (state === 'running' ? [node] : []));
  }

  #isHot(): boolean {
    return (this.#hot.at(-1)?.count ?? 0) > 0;
  }

  #sample(): void {
    const { nodes, time } = this.#cluster.inner;
    const count = nodes.reduce((sum, { gossip }) => sum + (gossip?.summary().hotRumours ?? 0), 0);
    this.#hot.push({ at: time.now, count });
  }
}
