import type { NodeStatus, PeerStatus } from '@hearsay/gossip-sync';

/** A link that was not taken up, or was ended for a reason: a wrong cluster, a wrong secret, a copied store. */
export interface Refusal {
  /** ISO 8601. */
  readonly at: string;
  readonly address: string;
  readonly peer: string | null;
  /** Such as `WRONG_CLUSTER`. */
  readonly code: string;
  /** Of the WebSocket. */
  readonly closeCode: number;
  readonly reason: string;
  /** Of two nodes with one replica id: where either is. */
  readonly twins?: readonly [string, string];
}

/** What somebody has to look into: the same data runs twice, came back from a backup, or has become two. */
export interface Alarm {
  /** ISO 8601, the last time. */
  readonly at: string;
  readonly code: 'DUPLICATE_REPLICA' | 'RESTORED_BACKUP' | 'CONTENT_CONFLICT' | 'CLOCK_SKEW';
  /** Which replica it is about; may be this one. Of a conflict, and of clocks, the other one. */
  readonly replicaId: string;
  readonly message: string;
}

/** One other node, for people and scripts. Times are milliseconds ago. */
export interface PeerSummary {
  readonly replicaId: string;
  readonly addresses: readonly string[];
  readonly region: string;
  readonly incarnation: number;
  readonly linked: boolean;
  readonly link: PeerStatus['link'];
  /** Changes it has not acknowledged. */
  readonly mailLag: number;
  readonly lastRepair: { readonly outcome: string; readonly endedMsAgo: number } | null;
  /** When its documents and ours were last proven to be equal. */
  readonly provenEqualMsAgo: number | null;
  /** Exchanges in a row that found different roots and nothing to exchange. */
  readonly mismatches: number;
}

/** How far ahead of the clock here another replica's is, by what it stamped last. */
export interface ClockSkew {
  readonly replicaId: string;
  /** ISO 8601, when that was seen last. */
  readonly at: string;
  readonly aheadMs: number;
}

export interface GossipStatus {
  readonly state: NodeStatus['state'] | 'alone';
  readonly linkedPeers: number;
  readonly peers: readonly PeerSummary[];
  readonly refusals: readonly Refusal[];
  readonly alarms: readonly Alarm[];
  /** Since the start, by code. */
  readonly alarmCounts: Readonly<Record<string, number>>;
  /** Of replicas whose deletions were refused within the last hour because their stamps are in the future here. */
  readonly clockSkews: readonly ClockSkew[];
  /** Payloads of mail and rumours received for each change that was new; null while none was. 1 is the least possible. */
  readonly redundancy: number | null;
  readonly presenceStates: number;
  /** Since the start. */
  readonly counters: Readonly<Record<string, number>>;
}

/** `now` in the gossip node's monotonic milliseconds. */
export function gossipStatus(
  status: NodeStatus,
  noted: Pick<GossipStatus, 'refusals' | 'alarms' | 'alarmCounts' | 'clockSkews'>,
  now: number,
): GossipStatus {
  const peers = status.peers.map((peer) => summary(peer, now));
  return {
    state: status.state,
    linkedPeers: peers.filter(({ linked }) => linked).length,
    peers,
    ...noted,
    redundancy: status.redundancy,
    presenceStates: status.presenceStates,
    counters: status.counters,
  };
}

function summary(peer: PeerStatus, now: number): PeerSummary {
  const { replicaId, addresses, region, incarnation, link, mailLag, lastRepair, provenEqualAt, mismatches } =
    peer;
  const ago = (at: number): number => Math.round(now - at);
  return {
    replicaId,
    addresses,
    region,
    incarnation,
    linked: link !== null,
    link,
    mailLag,
    lastRepair:
      lastRepair === null ? null : { outcome: lastRepair.outcome, endedMsAgo: ago(lastRepair.endedAt) },
    provenEqualMsAgo: provenEqualAt === null ? null : ago(provenEqualAt),
    mismatches,
  };
}
