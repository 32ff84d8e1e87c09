import type { ReplicaId } from '@hearsay/core';
import type { MemberClaim, MemberDescription, MemberStatus, MemberVersion } from './messages.ts';

/** A member as it is known here. */
export interface Member extends MemberVersion {
  readonly replicaId: ReplicaId;
  readonly session: number;
  readonly status: MemberStatus;
  /** Who suspects it or gave it up; null when it speaks for itself. */
  readonly by: ReplicaId | null;
  readonly description: MemberDescription;
  /** When its status last changed here (monotonic milliseconds). */
  readonly since: number;
}

/** Negative, zero or positive as `a` is older than `b`, the same, or newer. */
export function compareVersions(a: MemberVersion, b: MemberVersion): number {
  return a.incarnation - b.incarnation || a.revision - b.revision;
}

/** Still one of the cluster: alive, or suspected of not being so. */
export function isLive({ status }: { readonly status: MemberStatus }): boolean {
  return status === 'alive' || status === 'suspect';
}

export function isDialOnly({ description }: { readonly description: MemberDescription }): boolean {
  return description.capabilities.includes('dial-only') || description.addresses.length === 0;
}

/** The member as news; with its description where the receiver may not know it. */
export function memberToClaim(member: Member, isWhole: boolean): MemberClaim {
  const { replicaId, incarnation, revision, session, status, by, description } = member;
  return {
    replicaId,
    incarnation,
    revision,
    session,
    status,
    by,
    description: isWhole || status === 'alive' ? description : null,
  };
}
