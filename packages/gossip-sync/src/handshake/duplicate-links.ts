import type { ReplicaId } from '@hearsay/core';
import type { LinkDirection } from '../ports.ts';

/** A link as far as the choice between two of them goes. */
export interface LinkClaim {
  readonly direction: LinkDirection;
  readonly openedAt: number;
}

/**
 * Which of two links to one peer stays. Two that were dialled from both sides at once: the one dialled by the lower
 * replica id, which both sides know. Otherwise the newer: nobody dials a peer that it is linked to, so whoever dialled
 * has lost the older one, even if nothing has told this side yet.
 */
export function keepsNewLink(
  mine: ReplicaId,
  theirs: ReplicaId,
  existing: LinkClaim,
  added: LinkClaim,
  handshakeMs: number,
): boolean {
  if (existing.direction === added.direction) return true;
  if (added.openedAt - existing.openedAt > handshakeMs) return true;
  return added.direction === (mine < theirs ? 'dialled' : 'accepted');
}
