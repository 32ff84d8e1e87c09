import type { ReplicaId } from '@hearsay/core';
import type { ReplicaIdentity } from '../ports.ts';
import { type CloseCode, closeCodes } from '../wire/close-codes.ts';
import { oldestProtocolVersion, protocolVersion } from '../wire/protocol-version.ts';
import type { HelloMessage } from './messages.ts';

/** Why a link is not taken up; `peer` as far as it said who it is. */
export interface Refusal {
  readonly code: CloseCode;
  readonly reason: string;
  readonly peer: ReplicaId | null;
}

/** What a hello is judged against. */
export interface LocalNode {
  readonly identity: ReplicaIdentity;
  readonly session: number;
  /** Whether a nonce was drawn here for a link that is being set up. */
  isOwnNonce(nonce: string): boolean;
  /** The highest incarnation of a replica that has been seen; undefined when never. */
  knownIncarnation(replica: ReplicaId): number | undefined;
  /** The session of a process with this replica id that is linked now. */
  linkedSession(replica: ReplicaId): { readonly incarnation: number; readonly session: number } | undefined;
}

/** Null when the peer may go on to prove itself. The cluster comes first: a stranger learns nothing else. */
export function judgeHello(hello: HelloMessage, local: LocalNode): Refusal | null {
  const refuse = (code: CloseCode, reason: string): Refusal => ({ code, reason, peer: hello.replicaId });
  if (hello.cluster !== local.identity.cluster) {
    return { code: closeCodes.wrongCluster, reason: 'this node belongs to another cluster', peer: null };
  }
  if (hello.version < oldestProtocolVersion || hello.oldestVersion > protocolVersion) {
    const spoken = `${oldestProtocolVersion} to ${protocolVersion}`;
    return refuse(
      closeCodes.versionUnsupported,
      `protocol ${hello.oldestVersion} to ${hello.version}, here ${spoken}`,
    );
  }
  if (local.isOwnNonce(hello.nonce)) return refuse(closeCodes.self, 'the address leads back to this node');
  if (hello.replicaId === local.identity.replicaId) {
    return refuse(closeCodes.duplicateReplica, 'same replica id as this node: a data directory was copied');
  }
  const known = local.knownIncarnation(hello.replicaId);
  if (known !== undefined && hello.incarnation < known) {
    return refuse(
      closeCodes.restoredBackup,
      `incarnation ${hello.incarnation} after ${known}: a store restored from a backup needs a new replica id`,
    );
  }
  const linked = local.linkedSession(hello.replicaId);
  if (linked?.incarnation === hello.incarnation && linked.session !== hello.session) {
    return refuse(
      closeCodes.duplicateReplica,
      'another running node has this replica id: a data directory was copied',
    );
  }
  return null;
}
