import type { ReplicaId } from '@hearsay/core';

/** How to reach a node that is known, linked or not. */
export interface Contact {
  readonly replicaId: ReplicaId;
  /** The highest incarnation heard of: its addresses are the newest. */
  readonly incarnation: number;
  /** Best first; empty for a node that only dials out. */
  readonly addresses: readonly string[];
  readonly region: string;
}

/** A contact as it is kept on disk. */
export interface RememberedContact extends Contact {
  /** The highest incarnation that proved itself on a link to this node; 0 when it is known by hearsay only. */
  readonly seen: number;
}

/** Whom the sender has links to now: what these are told by others need not be passed on to them. */
export interface NeighboursMessage {
  readonly type: 'neighbours';
  readonly linked: readonly ReplicaId[];
}

export type PeersMessage = NeighboursMessage;
