import type { ReplicaId } from '@hearsay/core';
import type { RepairOutcome } from './anti-entropy/session.ts';
import type { Linked } from './engine.ts';
import type { Counters } from './metrics.ts';
import type { Parts } from './parts.ts';

/** A peer as the engine sees it. Times are monotonic milliseconds. */
export interface EnginePeerStatus {
  readonly replicaId: ReplicaId;
  readonly addresses: readonly string[];
  readonly region: string;
  readonly incarnation: number;
  readonly linkedSince: number | null;
  /** Outbox entries it has not acknowledged. */
  readonly mailLag: number;
  readonly lastRepair: { readonly outcome: RepairOutcome; readonly endedAt: number } | null;
  /** When the roots here and there were last proven to be equal. */
  readonly provenEqualAt: number | null;
  /** Sessions in a row that found different roots and nothing to exchange. */
  readonly mismatches: number;
}

export interface EngineStatus {
  readonly peers: readonly EnginePeerStatus[];
  /** Clients on other nodes and here whose presence is known. */
  readonly presenceStates: number;
  readonly counters: Counters;
}

/** Every contact, linked or not, as the parts know it. */
export function engineStatus(
  { peers, outgoingMail, repair, presence }: Parts,
  linked: ReadonlyMap<ReplicaId, Linked>,
  counters: Counters,
): EngineStatus {
  const { boxes, head } = outgoingMail;
  const statuses = [...peers.contacts.values()].map(
    ({ replicaId, addresses, region, incarnation }): EnginePeerStatus => {
      const record = repair.records.get(replicaId);
      const box = boxes.get(replicaId);
      const { lastOutcome: outcome = null, lastEndedAt: endedAt = null } = record ?? {};
      return {
        replicaId,
        addresses,
        region,
        incarnation,
        linkedSince: linked.get(replicaId)?.since ?? null,
        mailLag: box === undefined ? 0 : Math.max(0, head - box.acked),
        lastRepair: outcome === null || endedAt === null ? null : { outcome, endedAt },
        provenEqualAt: record?.provenAt ?? null,
        mismatches: record?.mismatches ?? 0,
      };
    },
  );
  return { peers: statuses, presenceStates: presence.size, counters };
}
