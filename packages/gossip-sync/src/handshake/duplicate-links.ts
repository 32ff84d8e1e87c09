import type { ReplicaId } from '@hearsay/core';
import type { LinkDirection } from '../ports.ts';

/**
 * Which of two links to one peer stays: the one dialled by the lower replica id, on both sides the same. Of two that one
 * side dialled the newer stays: whoever dials again has given the older one up.
 */
export function keepsNewLink(
  mine: ReplicaId,
  theirs: ReplicaId,
  existing: LinkDirection,
  added: LinkDirection,
): boolean {
  if (existing === added) return true;
  return added === (mine < theirs ? 'dialled' : 'accepted');
}
