import { type DocumentId, msToHybridTime, type TaggedError } from '@hearsay/core';
import { closeCodes, type NodeEvent } from '@hearsay/gossip-sync';
import type { CommittedChange, DocumentStore } from '@hearsay/storage';
import { SimulatedCluster } from '../cluster/simulated-cluster.ts';
import { createTopology } from '../cluster/topology.ts';
import type { DiskFault } from '../disk/virtual-disk.ts';
import { faultDefinitions } from '../faults/fault-kinds.ts';
import type { FaultWorld } from '../faults/fault-world.ts';
import type { CreateGossip } from '../node/gossip-port.ts';
import { shippingGossip } from '../node/shipping-gossip.ts';
import type { SimulatedNode } from '../node/simulated-node.ts';
import { Oracles } from '../oracles/oracles.ts';
import { rootsLine } from '../oracles/replica-copy.ts';
import type { Violation } from '../oracles/violation.ts';
import type { PlannedEvent, SimulationPlan } from '../plan/plan.ts';
import { SimulatedClient } from '../workload/simulated-client.ts';
import { TokenLedger } from '../workload/token-ledger.ts';
import type { Coverage } from './coverage.ts';
import { hasHopeless } from './hopeless.ts';
import { Trace } from './trace.ts';

/** How a run is watched, or spoilt on purpose. */
export interface SimulationOptions {
  /** How many of the last lines of the trace to keep. */
  readonly keepTrace?: number;
  /** Stands in for the shipping node: for tests of the simulator itself. */
  readonly createGossip?: CreateGossip;
  /** Weakens every store: for tests of the simulator itself. */
  readonly durability?: 'synced' | 'buffered';
  /** Virtual time after the last fault in which all has to be equal. */
  readonly convergenceMs?: number;
}

/** What became of a run. */
export interface SimulationResult {
  readonly plan: SimulationPlan;
  readonly violations: readonly Violation[];
  readonly coverage: Coverage;
  /** Over every line of the trace: equal for equal runs. */
  readonly traceDigest: string;
  readonly traceLines: number;
  readonly traceTail: readonly string[];
  readonly events: number;
  /** Virtual time from the end of the faults until all was equal; undefined when it never was. */
  readonly convergedAfterMs: number | undefined;
  readonly virtualMs: number;
  readonly edits: number;
  readonly acknowledged: number;
  readonly excused: number;
}

/**
 * Time to find a dead link, to dial again at the longest back-off, and for a few repairs. That of a peer that seems to
 * refuse for good, as it does when frames of its handshake come twice, is five minutes.
 */
const usualConvergenceMs = 600_000;
const checkEveryMs = 500;

/** How long an operator waits for damaged documents to be mended. */
const rebuildAfterMs = 120_000;

/** How long an operator takes to see to a node whose store does not open. */
const operatorMs = 2000;

/** Refusals to open that pass, or may: the process is simply started again. */
const worthAnotherStart: ReadonlySet<string> = new Set(['STORE_UNREADABLE', 'STORE_LOCKED', 'STORE_GONE']);

/** Runs one plan: faults and edits first, then everything is healed and has to become equal. */
export function runPlan(plan: SimulationPlan, options: SimulationOptions = {}): Promise<SimulationResult> {
  return new Simulation(plan, options).run();
}

class Simulation {
  readonly #plan: SimulationPlan;
  readonly #options: SimulationOptions;
  readonly #cluster: SimulatedCluster;
  readonly #trace: Trace;
  readonly #ledger = new TokenLedger();
  readonly #oracles: Oracles;
  readonly #clients: readonly SimulatedClient[];
  readonly #documents: readonly DocumentId[];
  readonly #world: FaultWorld & { faulty: boolean };

  constructor(plan: SimulationPlan, options: SimulationOptions) {
    this.#plan = plan;
    this.#options = options;
    let trace: Trace | undefined;
    this.#cluster = new SimulatedCluster({
      seed: plan.seed,
      nodes: plan.nodes,
      topology: createTopology(plan.topology, plan.nodes),
      latency: () => plan.latency,
      createGossip: options.createGossip ?? gossipOf(plan),
      syncMs: plan.syncMs,
      clocks: plan.clocks,
      durability: options.durability ?? 'synced',
      tunables: plan.tunables === 'small' ? smallTunables : {},
      trace: (time) => {
        trace = new Trace(() => time.now, options.keepTrace ?? 0);
        return trace;
      },
      observer: {
        started: (node, store) => this.#oracles.started(node, store),
        committed: (node, changes) => this.#committed(node, changes),
        broken: (node, error) => this.#broken(node, error),
        gossiped: (node, event) => this.#gossiped(node, event),
        diskFault: (node, fault) => this.#diskFault(node, fault),
      },
    });
    const { time, network, nodes, coverage } = this.#cluster;
    this.#trace = trace as unknown as Trace;
    this.#oracles = new Oracles(time, this.#ledger);
    this.#documents = Array.from({ length: plan.documents }, (_, i) => ({
      collection: i % 3 === 2 ? 'other' : 'default',
      name: `document ${i}`,
    }));
    const ids = this.#cluster.random.fork('client ids');
    this.#clients = Array.from(
      { length: plan.clients },
      (_, i) =>
        new SimulatedClient(`c${i}`, this.#cluster.node(i), {
          time,
          coverage,
          ledger: this.#ledger,
          report: this.#oracles.report,
          newClientId: () => 1 + ids.below(2 ** 32 - 1),
        }),
    );
    this.#world = {
      time,
      network,
      nodes,
      faulty: true,
      fired: (what) => this.#cluster.fired(what),
      disaster: (node) => this.#oracles.disaster(node),
    };
  }

  async run(): Promise<SimulationResult> {
    const { time } = this.#cluster;
    for (const event of this.#plan.events) time.after(event.at, () => this.#play(event));
    this.#cluster.startAll();
    await this.#stepUntil(this.#plan.faultyMs);
    await this.#heal();
    const convergedAfterMs = await this.#converge();
    if (!this.#failed) await this.#cluster.time.complete(this.#checkAll(convergedAfterMs));
    for (const node of this.#cluster.nodes) this.#sumUp(node);
    return {
      plan: this.#plan,
      violations: this.#oracles.violations,
      coverage: this.#cluster.coverage,
      traceDigest: this.#trace.digest(),
      traceLines: this.#trace.lines,
      traceTail: this.#trace.tail(),
      events: time.steps,
      convergedAfterMs,
      virtualMs: time.now,
      edits: this.#ledger.submittedCount,
      acknowledged: this.#ledger.acknowledgedCount,
      excused: this.#ledger.excusedCount,
    };
  }

  get #failed(): boolean {
    return this.#oracles.violations.length > 0;
  }

  async #stepUntil(at: number): Promise<void> {
    const { time } = this.#cluster;
    while (!this.#failed && (await time.step(at))) {
      // Every oracle that can has looked.
    }
    if (!this.#failed) await time.runUntil(at);
  }

  #play(event: PlannedEvent): void {
    if (this.#failed) return;
    const { node, coverage, random } = this.#cluster;
    const nodeAt = node.bind(this.#cluster);
    switch (event.kind) {
      case 'edit': {
        const client = this.#clients[event.client % this.#clients.length];
        client?.edit(this.#document(event.document), event.edit);
        return;
      }
      case 'move':
        this.#clients[event.client % this.#clients.length]?.moveTo(nodeAt(event.node));
        return;
      case 'delete':
        this.#delete(nodeAt(event.node), this.#document(event.document));
        return;
      case 'fault': {
        const { inject } = faultDefinitions[event.fault];
        this.#trace.line('plan', event.fault);
        coverage.count(`planned:${event.fault}`);
        inject(this.#world, event.details, random.fork(`${event.fault} ${event.at}`));
      }
    }
  }

  #document(index: number): DocumentId {
    return this.#documents[index % this.#documents.length] as DocumentId;
  }

  /** A node whose clock is far off gives stamps that nobody takes: its operator notices before deleting anything. */
  #delete(node: SimulatedNode, id: DocumentId): void {
    if (Math.abs(node.wall.skewMs) > 240_000 || node.state !== 'running') return;
    node.enter(async (store) => {
      // It may have stood still since it was told.
      if (Math.abs(node.wall.skewMs) > 240_000) return;
      const stamp = msToHybridTime(node.wall.now());
      this.#oracles.deleting(id);
      const result = await store.deleteDocument(id, stamp, store.identity.replicaId);
      if (result.ok && result.value.novel) this.#cluster.coverage.count('state:documentDeleted');
    });
  }

  #committed(node: SimulatedNode, changes: readonly CommittedChange[]): void {
    for (const { key, life, sequence, update, origin } of changes) {
      this.#trace.line(
        node.name,
        `commit ${key} ${life} ${sequence} ${update?.byteLength ?? 'dead'} ${origin.kind}`,
      );
    }
    this.#oracles.committed(node, changes);
    for (const client of this.#clients) client.committed(node, changes);
  }

  #gossiped(node: SimulatedNode, event: NodeEvent): void {
    this.#cluster.coverage.count(`event:${event.type}`);
    if (event.type === 'repairEnded') this.#cluster.coverage.count(`repair:${event.outcome}`);
    this.#trace.line(node.name, `told ${describeEvent(event)}`);
    if (event.type === 'dialFailed' && event.code === closeCodes.restoredBackup) this.#renew(node);
  }

  /** Its peers refuse a store that has gone back in time: its operator gives it a new identity. */
  #renew(node: SimulatedNode): void {
    const { starts } = node;
    this.#cluster.coverage.count('state:restoredBackupRefused');
    this.#cluster.time.after(operatorMs, () => {
      if (node.starts !== starts || node.state !== 'running') return;
      void node.kill().then(() => {
        node.disk.forgetSentinel();
        node.start();
      });
    });
  }

  #diskFault(node: SimulatedNode, fault: DiskFault): void {
    if (fault === 'readError' || fault === 'staleRead') this.#oracles.disaster(node);
  }

  /** Somebody sees to it: another start, or a new disk where the data are gone anyway. */
  #broken(node: SimulatedNode, { code, message }: TaggedError): void {
    const { coverage, time } = this.#cluster;
    coverage.count(`broken:${code}`);
    const hopeless = !worthAnotherStart.has(code);
    if (hopeless && !this.#oracles.wasSuspected(node)) {
      this.#oracles.report('opens again', `${node.name} with an honest disk: ${code} ${message}`);
    }
    const { starts } = node;
    time.after(operatorMs, () => {
      if (node.starts !== starts) return;
      if (!hopeless) node.start();
      else {
        this.#oracles.disaster(node);
        void node.disk.wipe().then(() => node.start());
      }
    });
  }

  /** Everything works from now on. */
  async #heal(): Promise<void> {
    if (this.#failed) return;
    this.#trace.line('plan', 'heal');
    this.#world.faulty = false;
    const { network, nodes, time } = this.#cluster;
    network.conditions.heal();
    network.faults.disarm();
    for (const node of nodes) {
      node.disk.faults.heal();
      node.disk.unhang();
      node.resume();
    }
    // Damage that nobody has read yet is found by a start; what has been stopping all the time is not waited for.
    for (const node of nodes) {
      if (this.#oracles.isSuspect(node) || node.state === 'stopping') await node.kill();
    }
    await time.settlement.settle();
    for (const node of nodes) node.start();
  }

  async #converge(): Promise<number | undefined> {
    const { time } = this.#cluster;
    const healedAt = time.now;
    const deadline = healedAt + (this.#options.convergenceMs ?? usualConvergenceMs);
    let visitAt = healedAt + rebuildAfterMs;
    while (!this.#failed && time.now < deadline) {
      if (time.now >= visitAt) {
        visitAt += rebuildAfterMs;
        await time.complete(this.#rebuildHopeless());
      }
      await this.#stepUntil(time.now + checkEveryMs);
      if (!this.#failed && (await time.complete(this.#isEqual()))) return time.now - healedAt;
    }
    return undefined;
  }

  /** What only one node had and cannot read, nobody can mend: its operator rebuilds that node from its peers. */
  async #rebuildHopeless(): Promise<void> {
    const running = this.#cluster.nodes.filter(({ state }) => state === 'running');
    for (const node of running) {
      const others = running.filter((other) => other !== node);
      if (!(await hasHopeless(node, others))) continue;
      this.#cluster.coverage.count('state:rebuiltFromPeers');
      this.#oracles.disaster(node);
      await node.kill();
      await node.disk.wipe();
      node.start();
    }
  }

  async #isEqual(): Promise<boolean> {
    if (this.#clients.some((client) => client.waiting || !client.connected)) return false;
    const lines = new Set<string>();
    for (const node of this.#cluster.nodes) {
      const { state, store } = node;
      if (state !== 'running' || store?.status().state !== 'ready') return false;
      await store.idle();
      if (store.damaged().length > 0) return false;
      if (this.#oracles.wasSuspected(node) && !(await isScrubbed(store))) return false;
      lines.add(rootsLine(await store.roots()));
    }
    return lines.size === 1;
  }

  async #checkAll(convergedAfterMs: number | undefined): Promise<void> {
    if (convergedAfterMs === undefined) {
      this.#oracles.report(
        'liveness',
        `not equal ${this.#options.convergenceMs ?? usualConvergenceMs} ms after the last fault`,
      );
    }
    const names = this.#documents.map(({ name }) => name);
    await this.#oracles.checkAll(this.#cluster.nodes, names);
  }

  #sumUp(node: SimulatedNode): void {
    const { coverage } = this.#cluster;
    for (const [name, count] of Object.entries(node.store?.status().counters ?? {})) {
      if (count > 0) coverage.count(`store:${name}`, count);
    }
    for (const [name, count] of Object.entries(node.gossip?.summary().counters ?? {})) {
      if (count > 0) coverage.count(`gossip:${name}`, count);
    }
  }
}

/** Type, and whatever short word says more. */
function describeEvent(event: NodeEvent): string {
  const more = ['outcome', 'reason', 'code', 'count'].flatMap((name) => {
    const value = Object.entries(event).find(([key]) => key === name)?.[1];
    return value === undefined || value === null ? [] : [String(value)];
  });
  return [event.type, ...more].join(' ');
}

/** Whether a whole round of scrubbing finds nothing to repair. */
async function isScrubbed(store: DocumentStore): Promise<boolean> {
  const report = await store.scrub(1_000_000);
  return report.complete && report.damaged === 0 && report.repaired === 0;
}

/** So that compaction, trimming and paging happen in short runs. */
const smallTunables = {
  compactTailUpdates: 8,
  compactTailBytes: 1024,
  maxOutboxEntries: 16,
  maxOutboxBytes: 4096,
  maxRecentMailBytes: 1024,
  maxOpenDocumentBytes: 2048,
  indexPageDocuments: 2,
};

function gossipOf({ gossip }: SimulationPlan): CreateGossip {
  return shippingGossip({
    antiEntropy: { mode: gossip.mode, intervalMs: gossip.repairIntervalMs },
  });
}
