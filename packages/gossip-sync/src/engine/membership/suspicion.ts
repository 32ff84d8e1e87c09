import type { ReplicaId } from '@hearsay/core';
import type { MembershipConfig } from './config.ts';

type SuspicionConfig = Pick<
  MembershipConfig,
  'probeIntervalMs' | 'suspicionMultiplier' | 'suspicionMaxFactor'
>;

/** How many members must confirm before a suspicion lasts no longer than the least; fewer than that in a small cluster. */
export function confirmationsWanted({ suspicionMultiplier }: SuspicionConfig, members: number): number {
  const wanted = Math.max(0, suspicionMultiplier - 2);
  // Two cannot take part: the accuser and the accused.
  return members - 2 < wanted ? 0 : wanted;
}

/** From the start of a suspicion to death, after so many confirmations of others (Lifeguard). */
export function suspicionMs(config: SuspicionConfig, members: number, confirmations: number): number {
  const { probeIntervalMs, suspicionMultiplier, suspicionMaxFactor } = config;
  const least = suspicionMultiplier * Math.max(1, Math.log10(Math.max(1, members))) * probeIntervalMs;
  const wanted = confirmationsWanted(config, members);
  if (wanted === 0) return least;
  const most = least * suspicionMaxFactor;
  const share = Math.log(confirmations + 1) / Math.log(wanted + 1);
  return Math.max(least, most - (most - least) * share);
}

/** A suspicion under way. */
export interface Suspicion {
  /** Or since when the suspect has not been heard. */
  startedAt: number;
  /** Who said so: the first accuser and those who confirm. */
  readonly accusers: Set<ReplicaId>;
  /** Raised whenever its timer is armed anew; a timer with another is stale. */
  serial: number;
  /** How often its timer was late and put off. */
  putOffs: number;
}
