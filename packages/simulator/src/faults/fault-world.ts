import type { Random } from '@hearsay/core';
import type { VirtualNetwork } from '../network/network.ts';
import type { SimulatedNode } from '../node/simulated-node.ts';
import type { VirtualTime } from '../time/virtual-time.ts';

/** What faults work on. */
export interface FaultWorld {
  readonly time: VirtualTime;
  readonly network: VirtualNetwork;
  readonly nodes: readonly SimulatedNode[];
  /** False once everything is to be healed: faults that were still to come stay away. */
  readonly faulty: boolean;
  /** The fault has had an effect: to be called where that is seen, not where the fault is planned. */
  fired(what: string): void;
  /** What the node's disk had is not to be counted on; what it shows after its next start is read anew. */
  disaster(node: SimulatedNode): void;
}

/** One fault of a plan, as data; numbers are taken modulo what there is. */
export interface PlannedFault {
  /** The machine it befalls, and another one. */
  readonly target: number;
  readonly other: number;
  readonly durationMs: number;
  /** How bad, in [0, 1). */
  readonly amount: number;
}

/** One kind of fault. */
export interface FaultDefinition {
  /** What it is, in the words of the fault catalogue. */
  readonly what: string;
  /** How long it lasts, at least and at most; 0 for what is over at once. */
  readonly durationMs: readonly [number, number];
  inject(world: FaultWorld, fault: PlannedFault, random: Random): void;
}

/** Counts a fault when it has its first effect, and no more: to be called by what suffers it. */
export function biting(world: Pick<FaultWorld, 'fired'>, what: string): () => void {
  let hasFired = false;
  return () => {
    if (!hasFired) world.fired(what);
    hasFired = true;
  };
}

/** The machine that a fault befalls. */
export function targetOf(world: FaultWorld, fault: PlannedFault): SimulatedNode {
  return world.nodes[fault.target % world.nodes.length] as SimulatedNode;
}

/** Another machine than {@link targetOf}. */
export function otherOf(world: FaultWorld, fault: PlannedFault): SimulatedNode {
  const count = world.nodes.length;
  const target = fault.target % count;
  const step = 1 + (fault.other % (count - 1));
  return world.nodes[(target + step) % count] as SimulatedNode;
}

/** Runs `end` when the fault is over, unless everything has been healed before. */
export function afterwards(world: FaultWorld, fault: PlannedFault, end: () => void): void {
  world.time.after(fault.durationMs, () => {
    if (world.faulty) end();
  });
}
