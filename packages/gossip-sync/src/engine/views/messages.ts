import type { ReplicaId } from '@hearsay/core';

/** How to reach a peer. */
export interface PeerContact {
  readonly replicaId: ReplicaId;
  /** Where it can be dialled, best first; empty for a peer that can only dial out. */
  readonly addresses: readonly string[];
}

/** A new node greets the one it knows. */
export interface JoinMessage {
  readonly type: 'join';
  readonly contact: PeerContact;
}

/** Walks a joiner through the overlay; it is taken in where the walk ends. */
export interface ForwardJoinMessage {
  readonly type: 'forwardJoin';
  readonly joiner: PeerContact;
  readonly hops: number;
}

/** Asks to be taken into the active view; `high` (the asker has nobody else) is never refused. */
export interface NeighbourMessage {
  readonly type: 'neighbour';
  readonly contact: PeerContact;
  readonly priority: 'high' | 'low';
}

export interface NeighbourAnswerMessage {
  readonly type: 'neighbourAnswer';
  readonly accepted: boolean;
}

/** Leaves the receiver's active view; it is kept as a passive peer unless `leaving`. */
export interface DisconnectMessage {
  readonly type: 'disconnect';
  /** The sender is going away for good. */
  readonly leaving: boolean;
}

/** A sample of the origin's views on a random walk. */
export interface ShuffleMessage {
  readonly type: 'shuffle';
  readonly origin: PeerContact;
  readonly hops: number;
  readonly peers: readonly PeerContact[];
  /** The way it came, origin first: the answer goes back along it, so that no link is opened for it. */
  readonly path: readonly ReplicaId[];
}

/** A sample in return; also given to joiners. */
export interface ShuffleAnswerMessage {
  readonly type: 'shuffleAnswer';
  readonly peers: readonly PeerContact[];
  /** The rest of the way back, next hop last; empty at the origin. */
  readonly path: readonly ReplicaId[];
}

export type ViewsMessage =
  | JoinMessage
  | ForwardJoinMessage
  | NeighbourMessage
  | NeighbourAnswerMessage
  | DisconnectMessage
  | ShuffleMessage
  | ShuffleAnswerMessage;
