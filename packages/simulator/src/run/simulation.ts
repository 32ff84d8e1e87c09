import { type DocumentId, msToHybridTime } from '@hearsay/core';
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
import type { Sweep } from '../node/upkeep.ts';
import { Oracles } from '../oracles/oracles.ts';
import { Progress } from '../oracles/progress.ts';
import { rootsLine } from '../oracles/replica-copy.ts';
import type { Violation } from '../oracles/violation.ts';
import { convergenceBoundMs } from '../plan/convergence-bound.ts';
import type { PlannedEvent, SimulationPlan } from '../plan/plan.ts';
import { SimulatedClient } from '../workload/simulated-client.ts';
import { TokenLedger } from '../workload/token-ledger.ts';
import type { Coverage } from './coverage.ts';
import { Operator } from './operator.ts';
import { Trace } from './trace.ts';

/** How a run is watched, or spoilt on purpose. */
export interface SimulationOptions {
  /** How many of the last lines of the trace to keep. */
  readonly keepTrace?: number;
  /** Stands in for the shipping node: for tests of the simulator itself. */
  readonly createGossip?: CreateGossip;
  /** Weakens every store: for tests of the simulator itself. */
  readonly durability?: 'synced' | 'buffered';
  /** Virtual time after the last fault in which all has to be equal; what is right for the plan when not given. */
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

/** How often replicas are compared, and, once that has gone on for a while. */
const checkEveryMs = 500;
const checkLaterEveryMs = 2500;
const laterMs = 30_000;
/** No wall clock that a run begins with is further off. */
const mostClockErrorMs = 600_000;

/** How long an operator waits for damaged documents to be mended. */
const rebuildAfterMs = 120_000;

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
  readonly #operator: Operator;
  readonly #progress: Progress;
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
      upkeep: plan.upkeep,
      durability: options.durability ?? 'synced',
      tunables: plan.tunables === 'small' ? smallTunables : {},
      trace: (time) => {
        trace = new Trace(() => time.now, options.keepTrace ?? 0);
        return trace;
      },
      observer: {
        started: (node, store) => this.#oracles.started(node, store),
        committed: (node, changes) => this.#committed(node, changes),
        broken: (node, error) => this.#operator.broken(node, error),
        gossiped: (node, event) => this.#gossiped(node, event),
        diskFault: (node, fault) => this.#diskFault(node, fault),
        ended: (node) => this.#sumUp(node),
        swept: (node, sweep) => this.#swept(node, sweep),
      },
    });
    const { time, network, nodes, coverage } = this.#cluster;
    this.#trace = trace as unknown as Trace;
    this.#oracles = new Oracles(time, this.#ledger, plan.upkeep);
    const core = nodes.slice(0, plan.core).map(({ name }) => name);
    this.#progress = new Progress(time, core, this.#oracles.report);
    this.#operator = new Operator({ time, nodes, coverage, oracles: this.#oracles });
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
          served: (node, document) => this.#oracles.served(node, document),
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

  get #convergenceMs(): number {
    return this.#options.convergenceMs ?? convergenceBoundMs(this.#plan);
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

  /** A process that began while its clock was a day off gives stamps that nobody takes: its operator deletes nothing. */
  #delete(node: SimulatedNode, id: DocumentId): void {
    node.enter(async (store) => {
      const nowMs = node.clock?.now() ?? 0;
      if (node.state !== 'running' || Math.abs(node.wall.errorOf(nowMs)) > mostClockErrorMs) return;
      this.#oracles.deleting(id);
      const result = await store.deleteDocument(id, msToHybridTime(nowMs), store.identity.replicaId);
      if (result.ok && result.value.novel) this.#cluster.coverage.count('state:documentDeleted');
    });
  }

  #swept(node: SimulatedNode, sweep: Sweep): void {
    this.#cluster.coverage.count('state:keptDeletionsForgotten', sweep.forgotten);
    this.#oracles.swept(node, sweep);
  }

  #committed(node: SimulatedNode, changes: readonly CommittedChange[]): void {
    for (const { key, life, sequence, update, origin } of changes) {
      this.#trace.line(
        node.name,
        `commit ${key} ${life} ${sequence} ${update?.byteLength ?? 'dead'} ${origin.kind}`,
      );
    }
    this.#oracles.committed(node, changes);
    for (const change of changes) this.#progress.committed(node, change);
    for (const client of this.#clients) client.committed(node, changes);
  }

  #gossiped(node: SimulatedNode, event: NodeEvent): void {
    this.#cluster.coverage.count(`event:${event.type}`);
    if (event.type === 'repairEnded') this.#cluster.coverage.count(`repair:${event.outcome}`);
    this.#trace.line(node.name, `told ${describeEvent(event)}`);
    if (event.type === 'dialFailed' && event.code === closeCodes.restoredBackup) this.#operator.renew(node);
  }

  #diskFault(node: SimulatedNode, fault: DiskFault): void {
    if (fault === 'readError' || fault === 'staleRead') this.#oracles.disaster(node);
  }

  /** Everything works from now on. */
  async #heal(): Promise<void> {
    if (this.#failed) return;
    this.#trace.line('plan', 'heal');
    this.#world.faulty = false;
    this.#progress.end();
    this.#cluster.coverage.count('state:editsAwaitedInCore', this.#progress.checked);
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
    const deadline = healedAt + this.#convergenceMs;
    let visitAt = healedAt + rebuildAfterMs;
    while (!this.#failed && time.now < deadline) {
      if (time.now >= visitAt) {
        visitAt += rebuildAfterMs;
        await time.complete(this.#operator.seeToDamage());
      }
      const checkMs = time.now - healedAt > laterMs ? checkLaterEveryMs : checkEveryMs;
      await this.#stepUntil(time.now + checkMs);
      if (!this.#failed && (await time.complete(this.#isEqual()))) return time.now - healedAt;
    }
    return undefined;
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
      this.#oracles.report('liveness', `not equal ${this.#convergenceMs} ms after the last fault`);
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
  maxRecentMailBytes: 4096,
  maxOpenDocumentBytes: 2048,
  indexPageDocuments: 2,
};

function gossipOf({ gossip }: SimulationPlan): CreateGossip {
  return shippingGossip({
    antiEntropy: { mode: gossip.mode, intervalMs: gossip.repairIntervalMs },
  });
}
