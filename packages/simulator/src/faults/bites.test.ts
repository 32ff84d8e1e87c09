import { msToHybridTime } from '@hearsay/core';
import { ScriptedClient } from '@hearsay/document/testing';
import { expect, test } from 'vitest';
import { SimulatedCluster } from '../cluster/simulated-cluster.ts';
import { createTopology } from '../cluster/topology.ts';
import { shippingGossip } from '../node/shipping-gossip.ts';
import type { SimulatedNode } from '../node/simulated-node.ts';
import { type FaultKind, faultDefinitions, faultKinds } from './fault-kinds.ts';
import type { FaultWorld, PlannedFault } from './fault-world.ts';

interface Line {
  readonly at: number;
  readonly where: string;
  readonly what: string;
}

/** What is seen from outside while a fault lasts, without asking what has fired. */
interface Seen {
  /** The longest time in which the second of two machines heard nothing of the first, where nothing else is said: of n0 and n1. */
  silentMs(from?: string, to?: string): number;
  /** Lines of the trace. */
  has(where: RegExp, what: RegExp): boolean;
  readonly lines: readonly Line[];
  /** The longest that an edit took to be stored or refused. */
  readonly slowestEditMs: number;
  readonly refusedEdits: number;
  /** How far the first machine's wall clock was off. */
  readonly clockErrorMs: { readonly least: number; readonly most: number };
  /** Documents that the first machine had lost when it started again. */
  readonly lostAtStart: boolean;
}

const quietMs = 1500;
const isSilent = (seen: Seen): boolean => seen.silentMs() > quietMs;
const isDown = ({ has }: Seen): boolean => has(/^n0$/, /^down$/);
const hasStalled = ({ slowestEditMs }: Seen): boolean => slowestEditMs > 400;
const hasReopened = ({ has }: Seen): boolean => has(/^n0$/, /^store (recovering|read-only)$/);
const isCut = ({ has }: Seen): boolean => has(/^n[01]<n[01]#/, /^closed /);
/** The operation itself tells. */
const isCounted = (): boolean => true;

/** By what each kind shows. A kind without an entry does not compile. */
const signs: Readonly<Record<FaultKind, (seen: Seen) => boolean>> = {
  partition: ({ silentMs }) =>
    [silentMs('n0', 'n1'), silentMs('n1', 'n2'), silentMs('n0', 'n2')].filter((ms) => ms > quietMs).length ===
    2,
  isolate: ({ silentMs }) => silentMs('n0', 'n1') > quietMs && silentMs('n2', 'n0') > quietMs,
  oneWay: (seen) => isSilent(seen) && seen.silentMs('n1', 'n0') < quietMs,
  partial: (seen) =>
    isSilent(seen) && seen.silentMs('n1', 'n0') > quietMs && seen.silentMs('n2', 'n0') < quietMs,
  swizzle: (seen) => isSilent(seen) && seen.silentMs('n2', 'n0') > quietMs,
  delay: (seen) => isSilent(seen) && !isCut(seen),
  stall: (seen) => isSilent(seen) && !isCut(seen),
  drop: isCut,
  duplicate: ({ lines }) =>
    lines.some(({ where, what }, at) => {
      const next = lines.slice(at + 1).find((line) => line.where === where);
      return where.startsWith('n1<n0#') && what.startsWith('frame') && next?.what === what;
    }),
  swap: isCounted,
  flip: isCut,
  lie: isCounted,
  reset: isCut,
  halfOpen: (seen) => isSilent(seen) && seen.silentMs('n1', 'n0') > quietMs,
  throttle: isSilent,
  // A kilobyte a second.
  slowReader: ({ silentMs }) => silentMs('n1', 'n0') > 1000 && silentMs('n2', 'n0') > 1000,
  kill: isDown,
  killInRecovery: ({ lines }) =>
    lines.some(({ where, what }, at) => {
      const next = lines.slice(at + 1).find((line) => line.where === where);
      return where === 'n0' && what === 'starting' && next?.what === 'down';
    }),
  powerLoss: (seen) => isDown(seen) && isSilent(seen),
  stop: (seen) => isDown(seen) && seen.has(/^n0$/, /^stopping$/),
  pause: isSilent,
  storm: ({ lines }) => lines.filter(({ what }) => what === 'down').length >= 2,
  clockBack: ({ clockErrorMs }) => clockErrorMs.least <= -3_600_000,
  clockForward: ({ clockErrorMs }) => clockErrorMs.most >= 86_400_000,
  slow: hasStalled,
  hang: hasStalled,
  full: ({ refusedEdits }) => refusedEdits > 0,
  tornRecord: hasReopened,
  writeError: hasReopened,
  writeErrorApplied: hasReopened,
  openError: ({ has }) => has(/^n0$/, /^failed STORE_/),
  readError: isCounted,
  staleRead: isCounted,
  lyingSync: ({ lostAtStart }) => lostAtStart,
  bitRot: isCounted,
  lostRecord: isCounted,
  lostDatabase: ({ has }) => has(/^n0$/, /^failed STORE_EMPTY$/),
  newDisk: ({ lostAtStart }) => lostAtStart,
  restoredBackup: ({ lostAtStart }) => lostAtStart,
  rawRestore: ({ lostAtStart }) => lostAtStart,
};

/** Kinds that choose among operations or records: one alone may choose what nothing comes of. */
const often: ReadonlySet<FaultKind> = new Set([
  'staleRead',
  'bitRot',
  'lostRecord',
  'lyingSync',
  'killInRecovery',
]);

test.each(faultKinds)(
  'F6: %s has the effect that it is counted for, and is not counted before',
  async (kind) => {
    const scene = new Scene(kind);
    await scene.run(beginMs);
    expect(scene.fired).toBe(0);
    const lines = scene.lines.length;
    for (let time = 0; time < (often.has(kind) ? 5 : 1); time++) {
      scene.inject();
      await scene.run(lastsMs);
    }
    const seen = scene.seen(lines);
    for (let time = 0; time < 2 && scene.fired === 0; time++) await scene.readAll();
    expect(scene.fired).toBeGreaterThan(0);
    expect(signs[kind](seen)).toBe(true);
  },
);

const beginMs = 4000;
const lastsMs = 8000;
const editEveryMs = 250;

/** Three machines that edit all the time, and the one fault. */
class Scene {
  readonly lines: Line[] = [];
  readonly #kind: FaultKind;
  readonly #cluster: SimulatedCluster;
  #edits = 0;
  #slowestEditMs = 0;
  #refusedEdits = 0;
  #least = 0;
  #most = 0;
  #head = 0;
  #lostAtStart = false;

  constructor(kind: FaultKind) {
    this.#kind = kind;
    this.#cluster = new SimulatedCluster({
      seed: `bites ${kind}`,
      nodes: 3,
      topology: createTopology('full', 3),
      latency: () => ({ baseMs: 5, jitterMs: 0 }),
      createGossip: shippingGossip({ antiEntropy: { intervalMs: 2000 } }),
      // Slow enough to be killed while it starts.
      syncMs: 10,
      upkeep: { settleMs: 1000, windowMs: 3000, certificateMs: 60_000, sweepMs: 1000 },
      trace: (time) => ({
        on: true,
        line: (where, what) => this.lines.push({ at: time.now, where, what }),
      }),
      observer: {
        diskFault: () => {},
        committed: () => {},
        broken: (node) => void this.#cluster.time.after(1000, () => node.start()),
        gossiped: () => {},
        started: async (node, store) => {
          if (node.name === 'n0' && store.status().feedHead < this.#head) this.#lostAtStart = true;
        },
      },
    });
    this.#cluster.startAll();
    this.#edit();
  }

  get fired(): number {
    return this.#cluster.coverage.of(`fault:${this.#kind}`);
  }

  run(durationMs: number): Promise<void> {
    return this.#cluster.run(durationMs);
  }

  inject(): void {
    const definition = faultDefinitions[this.#kind];
    const [least, most] = definition.durationMs;
    const fault: PlannedFault = {
      target: 0,
      other: 0,
      durationMs: Math.min(most, Math.max(least, 4000)),
      amount: this.#kind === 'throttle' ? 0 : 0.9,
    };
    const { time, network, nodes, random } = this.#cluster;
    const world: FaultWorld = {
      time,
      network,
      nodes,
      faulty: true,
      fired: (what) => this.#cluster.fired(what),
      disaster: () => {},
    };
    definition.inject(world, fault, random.fork('fault'));
  }

  seen(from: number): Seen {
    const lines = this.lines.slice(from);
    return {
      lines,
      silentMs: (sender = 'n0', hearer = 'n1') => {
        const heard = lines.filter(
          ({ where, what }) => where.startsWith(`${hearer}<${sender}#`) && what.startsWith('frame'),
        );
        const moments = [beginMs, ...heard.map(({ at }) => at), this.#cluster.time.now];
        return Math.max(...moments.map((at, n) => at - (moments[n - 1] ?? at)));
      },
      has: (where, what) => lines.some((line) => where.test(line.where) && what.test(line.what)),
      slowestEditMs: this.#slowestEditMs,
      refusedEdits: this.#refusedEdits,
      clockErrorMs: { least: this.#least, most: this.#most },
      lostAtStart: this.#lostAtStart,
    };
  }

  /** A start reads what memory had. */
  async readAll(): Promise<void> {
    const node = this.#cluster.node(0);
    await node.kill();
    node.start();
    await this.run(lastsMs);
  }

  #edit(): void {
    for (const node of this.#cluster.nodes) this.#editOn(node);
    const { wall, store } = this.#cluster.node(0);
    const errorMs = wall.errorOf(wall.now());
    this.#least = Math.min(this.#least, errorMs);
    this.#most = Math.max(this.#most, errorMs);
    this.#head = Math.max(this.#head, store?.status().feedHead ?? 0);
    this.#cluster.time.after(editEveryMs, () => this.#edit());
  }

  /** Long enough to take seconds through a thin pipe; some documents are deleted again. */
  #editOn(node: SimulatedNode): void {
    const number = this.#edits++;
    const id = { collection: 'default', name: `${node.name} ${number % 7}` };
    const edit = { action: 0, position: 0, amount: 1, value: number };
    const update = new ScriptedClient(1000 + number).edit(edit, 'x'.repeat(1000));
    const startedAt = this.#cluster.time.now;
    node.enter(async (store) => {
      if (number % 10 === 9) {
        await store.deleteDocument(id, msToHybridTime(node.wall.now()), store.identity.replicaId);
      }
      const outcome = await store.submit(id, update, { kind: 'local' });
      if (!outcome.ok) this.#refusedEdits++;
      this.#slowestEditMs = Math.max(this.#slowestEditMs, this.#cluster.time.now - startedAt);
    });
  }
}
