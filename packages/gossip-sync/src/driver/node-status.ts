import type { ReplicaId } from '@hearsay/core';
import type { EnginePeerStatus, EngineStatus } from '../engine/status.ts';
import type { ReplicaIdentity } from '../ports.ts';
import type { LinkStatus } from './link.ts';

/** A peer as this node sees it. Times are monotonic milliseconds of this node. */
export interface PeerStatus extends EnginePeerStatus {
  /** Null while there is none. */
  readonly link: LinkStatus | null;
}

export interface NodeStatus extends EngineStatus {
  readonly identity: ReplicaIdentity;
  readonly state: 'new' | 'running' | 'stopping' | 'stopped';
  readonly peers: readonly PeerStatus[];
}

export function nodeStatus(
  identity: ReplicaIdentity,
  state: NodeStatus['state'],
  engine: EngineStatus,
  linkOf: (peer: ReplicaId) => LinkStatus | null,
): NodeStatus {
  const peers = engine.peers.map((peer) => ({ ...peer, link: linkOf(peer.replicaId) }));
  return { ...engine, identity, state, peers };
}
