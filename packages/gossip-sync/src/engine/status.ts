import type { ReplicaId } from '@hearsay/core';
import type { RepairOutcome } from './anti-entropy/session.ts';
import type { MemberStatus } from './membership/messages.ts';
import type { Counters } from './metrics.ts';
import type { Parts } from './parts.ts';
import type { RoundTrips } from './round-trips.ts';
import type { Linked } from './topology.ts';

/** A peer as the engine sees it. Times are monotonic milliseconds. */
export interface EnginePeerStatus {
  readonly replicaId: ReplicaId;
  readonly addresses: readonly string[];
  readonly region: string;
  readonly incarnation: number;
  /** Null for a peer that membership does not know (yet, or any more). */
  readonly member: MemberStatus | null;
  readonly linkedSince: number | null;
  readonly roundTripMs: number | null;
  /** Whether it is in the active view of a large cluster. */
  readonly isNeighbour: boolean;
  /** Outbox entries it has not acknowledged. */
  readonly mailLag: number;
  readonly lastRepair: { readonly outcome: RepairOutcome; readonly endedAt: number } | null;
  /** When the roots here and there were last proven to be equal. */
  readonly provenEqualAt: number | null;
  /** Sessions in a row that found different roots and nothing to exchange. */
  readonly mismatches: number;
}

/** What an engine can tell at once, however many peers it has. */
export interface EngineSummary {
  /** Members alive or suspect, this node included. */
  readonly members: number;
  /** How much this node doubts itself: 0 is well. */
  readonly healthScore: number;
  /** Payloads of mail and rumours received for each change that was new; null while none was. 1 is the least possible. */
  readonly redundancy: number | null;
  /** Rumours that are being spread. */
  readonly hotRumours: number;
  /** Clients on other nodes and here whose presence is known. */
  readonly presenceStates: number;
  readonly counters: Counters;
}

export interface EngineStatus extends EngineSummary {
  readonly peers: readonly EnginePeerStatus[];
}

export function engineSummary({ membership, spreading, presence }: Parts, counters: Counters): EngineSummary {
  return {
    members: membership.size,
    healthScore: membership.healthScore,
    redundancy: redundancy(counters),
    hotRumours: spreading.hotCount,
    presenceStates: presence.size,
    counters,
  };
}

function redundancy({
  mailReceived = 0,
  rumoursReceived = 0,
  mailNovel = 0,
  rumoursNovel = 0,
}: Counters): number | null {
  const novel = mailNovel + rumoursNovel;
  return novel === 0 ? null : (mailReceived + rumoursReceived) / novel;
}

/** Every contact, linked or not, as the parts know it. */
export function engineStatus(
  parts: Parts,
  linked: ReadonlyMap<ReplicaId, Linked>,
  roundTrips: RoundTrips,
  counters: Counters,
): EngineStatus {
  const { peers, membership, views, outgoingMail, repair } = parts;
  const { boxes, head } = outgoingMail;
  const neighbours = new Set(views.active().map((contact) => contact.replicaId));
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
        member: membership.member(replicaId)?.status ?? null,
        linkedSince: linked.get(replicaId)?.since ?? null,
        roundTripMs: roundTrips.get(replicaId),
        isNeighbour: neighbours.has(replicaId),
        mailLag: box === undefined ? 0 : Math.max(0, head - box.acked),
        lastRepair: outcome === null || endedAt === null ? null : { outcome, endedAt },
        provenEqualAt: record?.provenAt ?? null,
        mismatches: record?.mismatches ?? 0,
      };
    },
  );
  return { ...engineSummary(parts, counters), peers: statuses };
}
