import { createRandom, type Random } from '@hearsay/core';
import type { TopologyName } from '../cluster/topology.ts';
import { type FaultKind, faultDefinitions, faultKinds, losesData } from '../faults/fault-kinds.ts';
import type { LatencyProfile } from '../network/conditions.ts';
import type { Upkeep } from '../node/upkeep.ts';
import type { GossipVariant, PlannedEvent, PlanSize, SimulationPlan } from './plan.ts';

/** What every run has in common. */
interface PlanBounds {
  readonly minNodes: number;
  readonly maxNodes: number;
  /** Faulty time, at least and at most. */
  readonly faultyMs: readonly [number, number];
  readonly maxEdits: number;
  readonly maxFaults: number;
  /** So that in short runs, too, faults end before everything is healed. */
  readonly maxFaultMs: number;
  /** Share of runs whose clocks are wrong: a deletion may then take minutes of virtual time to be believed everywhere. */
  readonly wrongClocks: number;
  /** Machines that faults stay away from. */
  readonly core: number;
}

/**
 * `usual`: for runs that are over in a moment, so that there can be hundreds of them. `small`: a tenth of that work, for
 * tens of thousands; almost all failures need three nodes and few events (Yuan et al., OSDI 2014).
 */
const planBounds: Readonly<Record<PlanSize, PlanBounds>> = {
  usual: {
    minNodes: 3,
    maxNodes: 7,
    faultyMs: [20_000, 120_000],
    maxEdits: 70,
    maxFaults: 24,
    maxFaultMs: 60_000,
    wrongClocks: 0.15,
    core: 0,
  },
  small: {
    minNodes: 3,
    maxNodes: 3,
    faultyMs: [1000, 6000],
    maxEdits: 8,
    maxFaults: 8,
    maxFaultMs: 2500,
    wrongClocks: 0.06,
    core: 0,
  },
  core: {
    minNodes: 5,
    maxNodes: 5,
    faultyMs: [30_000, 60_000],
    maxEdits: 60,
    maxFaults: 16,
    maxFaultMs: 20_000,
    wrongClocks: 0,
    core: 3,
  },
};

/** Draws a run from a seed. Each concern has a generator of its own, so that one more draw here shifts nothing there. */
export function drawPlan(seed: string, size: PlanSize = 'usual'): SimulationPlan {
  const bounds = planBounds[size];
  const random = createRandom(seed);
  const shape = random.fork('shape');
  const nodes = bounds.minNodes + shape.below(bounds.maxNodes - bounds.minNodes + 1);
  const faultyMs = between(shape, bounds.faultyMs);
  const clients = 1 + shape.below(nodes + 1);
  const documents = 1 + shape.below(5);
  const clocks = drawClocks(random.fork('clocks'), nodes, bounds.wrongClocks);
  const faults = drawFaults(random.fork('faults'), faultyMs, bounds, nodes);
  return {
    seed,
    size,
    nodes,
    core: bounds.core,
    topology: bounds.core > 0 ? 'full' : drawTopology(random.fork('topology')),
    latency: drawLatency(random.fork('latency')),
    syncMs: shape.pick([0, 1, 2, 10]) ?? 2,
    clocks,
    upkeep: drawUpkeep(random.fork('upkeep'), faults, nodes),
    clients,
    documents,
    gossip: drawGossip(random.fork('gossip'), faults, clocks),
    tunables: shape.chance(0.5) ? 'small' : 'usual',
    faultyMs,
    events: [
      ...drawEdits(random.fork('edits'), faultyMs, bounds.maxEdits, clients, documents),
      ...(bounds.core > 0 ? [] : drawDeletes(random.fork('deletes'), faultyMs, nodes, documents)),
      ...faults,
    ].sort((a, b) => a.at - b.at),
  };
}

function drawTopology(random: Random): TopologyName {
  if (random.chance(0.6)) return 'full';
  return random.pick<TopologyName>(['ring', 'line', 'star', 'cliques', 'behindNat']) ?? 'full';
}

function drawLatency(random: Random): LatencyProfile {
  const profiles: LatencyProfile[] = [
    { baseMs: 1, jitterMs: 1 },
    { baseMs: 5, jitterMs: 30 },
    { baseMs: 80, jitterMs: 40 },
  ];
  return random.pick(profiles) ?? { baseMs: 1, jitterMs: 1 };
}

/** Where clocks are wrong, two of them are ten minutes apart (F63), the others between them, and none runs at its pace. */
function drawClocks(random: Random, nodes: number, share: number): SimulationPlan['clocks'] {
  if (!random.chance(share)) return Array.from({ length: nodes }, () => ({ skewMs: 0, drift: 0 }));
  const between = Array.from({ length: nodes - 2 }, () => random.below(2 * mostSkewMs + 1) - mostSkewMs);
  return random.shuffled([mostSkewMs, -mostSkewMs, ...between]).map((skewMs) => ({
    skewMs,
    drift: (random.next() - 0.5) * 0.001,
  }));
}

const mostSkewMs = 300_000;

/** A jump of a wall clock is over before it is believed, and in half of the runs what is deleted is forgotten within the run. */
function drawUpkeep(random: Random, faults: readonly PlannedEvent[], nodes: number): Upkeep {
  const jumpsMs = new Array<number>(nodes).fill(0);
  for (const event of faults) {
    if (event.kind !== 'fault' || !event.fault.startsWith('clock')) continue;
    const { target, durationMs } = event.details;
    jumpsMs[target] = (jumpsMs[target] ?? 0) + durationMs;
  }
  return {
    settleMs: Math.max(...jumpsMs) + 1000,
    windowMs: random.chance(0.5) ? 1000 + random.below(5000) : halfDayMs,
    certificateMs: halfDayMs,
    sweepMs: 1000,
  };
}

/** Longer than any run, shorter than the jump of a clock. */
const halfDayMs = 43_200_000;

/**
 * One-way repair goes by change feeds alone: it cannot see that a disk has lost what they once told or that a peer lied
 * about them, and does not come
 * back to a certificate that was refused while a clock was wrong.
 */
function drawGossip(
  random: Random,
  faults: readonly PlannedEvent[],
  clocks: SimulationPlan['clocks'],
): GossipVariant {
  const mode = random.pick<GossipVariant['mode']>(['push-pull', 'push-pull', 'push', 'pull']) ?? 'push-pull';
  const needsBoth = faults.some(
    (event) =>
      event.kind === 'fault' &&
      (losesData(event.fault) || event.fault === 'lie' || event.fault.startsWith('clock')),
  );
  return {
    mode: needsBoth || clocks.some(({ skewMs }) => skewMs !== 0) ? 'push-pull' : mode,
    repairIntervalMs: random.pick([2000, 5000, 10_000]) ?? 5000,
  };
}

function drawEdits(
  random: Random,
  faultyMs: number,
  maxEdits: number,
  clients: number,
  documents: number,
): PlannedEvent[] {
  const events: PlannedEvent[] = [];
  const least = Math.min(10, Math.ceil(maxEdits / 3));
  const edits = least + random.below(maxEdits - least + 1);
  for (let i = 0; i < edits; i++) {
    const at = random.below(faultyMs);
    const client = random.below(clients);
    if (random.chance(0.06)) events.push({ at, kind: 'move', client, node: random.below(100) });
    // Some edits come in bursts, as typing does.
    const burst = random.chance(0.2) ? 1 + random.below(12) : 1;
    const document = random.below(documents);
    for (let j = 0; j < burst; j++) {
      const edit = {
        action: random.below(1000),
        position: random.below(10_000),
        amount: 1 + random.below(4),
        value: random.below(10_000),
      };
      // Nothing happens after the faults, when all is to become equal and is looked at.
      const then = Math.min(at + j * random.below(80), faultyMs - 1);
      events.push({ at: then, kind: 'edit', client, document, edit });
    }
  }
  return events;
}

/** In every third run documents are deleted, and often written to again. */
function drawDeletes(random: Random, faultyMs: number, nodes: number, documents: number): PlannedEvent[] {
  if (!random.chance(0.33)) return [];
  return Array.from({ length: 1 + random.below(3) }, () => ({
    at: random.below(faultyMs),
    kind: 'delete' as const,
    node: random.below(nodes),
    document: random.below(documents),
  }));
}

/**
 * Swarm: every run has its own few kinds of fault, so that each also meets a world in which little else goes wrong. Disks
 * lose or falsify what they had on a minority of nodes only: what nobody has any more, nobody can bring back.
 */
function drawFaults(random: Random, faultyMs: number, bounds: PlanBounds, nodes: number): PlannedEvent[] {
  const possible = faultKinds.filter((kind) => bounds.core === 0 || !everywhere.has(kind));
  const kinds: FaultKind[] = random.shuffled(possible).slice(0, 1 + random.below(8));
  const unlucky = Array.from({ length: nodes - bounds.core }, (_, node) => bounds.core + node);
  const minority = random.shuffled(unlucky).slice(0, Math.max(1, Math.floor((nodes - 1) / 2)));
  return Array.from({ length: random.below(bounds.maxFaults + 1) }, () => {
    const fault = random.pick(kinds) ?? 'kill';
    const [leastMs, mostMs] = faultDefinitions[fault].durationMs;
    return {
      at: random.below(faultyMs),
      kind: 'fault' as const,
      fault,
      details: {
        target: losesData(fault) ? (random.pick(minority) ?? 0) : (random.pick(unlucky) ?? 0),
        other: random.below(nodes),
        durationMs: between(random, [leastMs, Math.min(mostMs, Math.max(leastMs, bounds.maxFaultMs))]),
        amount: random.next(),
      },
    };
  });
}

/** Kinds that choose for themselves whom they befall. */
const everywhere: ReadonlySet<FaultKind> = new Set(['partition', 'storm']);

function between(random: Random, [least, most]: readonly [number, number]): number {
  return least + random.below(most - least + 1);
}
