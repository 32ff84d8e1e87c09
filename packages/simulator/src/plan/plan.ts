import type { ScriptedEdit } from '@hearsay/document/testing';
import type { TopologyName } from '../cluster/topology.ts';
import type { FaultKind } from '../faults/fault-kinds.ts';
import type { PlannedFault } from '../faults/fault-world.ts';
import type { LatencyProfile } from '../network/conditions.ts';
import type { Upkeep } from '../node/upkeep.ts';

/** Something that the plan makes happen; numbers of clients, documents and nodes are taken modulo what there is. */
export type PlannedEvent =
  | {
      readonly at: number;
      readonly kind: 'edit';
      readonly client: number;
      readonly document: number;
      readonly edit: ScriptedEdit;
    }
  | { readonly at: number; readonly kind: 'move'; readonly client: number; readonly node: number }
  | { readonly at: number; readonly kind: 'delete'; readonly node: number; readonly document: number }
  | {
      readonly at: number;
      readonly kind: 'fault';
      readonly fault: FaultKind;
      readonly details: PlannedFault;
    };

/** How much happens in a run; in `core`: to some of the machines only, while the others have to get on. */
export type PlanSize = 'usual' | 'small' | 'core';

/** One run, written out: with its seed it decides everything. */
export interface SimulationPlan {
  readonly seed: string;
  readonly size: PlanSize;
  readonly nodes: number;
  /** So many machines, the first ones, nothing befalls, and between them an edit takes no longer than it should (I12). */
  readonly core: number;
  readonly topology: TopologyName;
  readonly latency: LatencyProfile;
  /** Usual duration of a sync. */
  readonly syncMs: number;
  /** How wrong each machine's wall clock is. */
  readonly clocks: readonly { readonly skewMs: number; readonly drift: number }[];
  readonly upkeep: Upkeep;
  readonly clients: number;
  readonly documents: number;
  readonly gossip: GossipVariant;
  /** Small limits make rare things happen. */
  readonly tunables: 'usual' | 'small';
  /** After this all faults are healed. */
  readonly faultyMs: number;
  /** Ascending by time. */
  readonly events: readonly PlannedEvent[];
}

/** How the nodes of a run gossip. */
export interface GossipVariant {
  readonly mode: 'push' | 'pull' | 'push-pull';
  /** Between two repairs of a node. */
  readonly repairIntervalMs: number;
}

/** One line for each thing a plan says. */
export function describePlan(plan: SimulationPlan): string[] {
  const { events, clocks, ...rest } = plan;
  return [
    JSON.stringify({ ...rest, skewsMs: clocks.map(({ skewMs }) => skewMs), events: events.length }),
    ...events.map(describeEvent),
  ];
}

function describeEvent(event: PlannedEvent): string {
  const at = String(event.at).padStart(7);
  switch (event.kind) {
    case 'edit': {
      const { action, position, amount, value } = event.edit;
      return `${at} edit client ${event.client} document ${event.document}: ${action} ${position} ${amount} ${value}`;
    }
    case 'move':
      return `${at} move client ${event.client} to node ${event.node}`;
    case 'delete':
      return `${at} delete document ${event.document} on node ${event.node}`;
    case 'fault': {
      const { target, other, durationMs, amount } = event.details;
      return `${at} fault ${event.fault} on node ${target} (${other}) for ${durationMs} ms, amount ${amount.toFixed(3)}`;
    }
  }
}
