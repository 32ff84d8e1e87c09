import type { Arrivals } from './arrivals.ts';
import type { RumourConfig } from './config.ts';
import type { RumourEffect } from './events.ts';
import type { HotList } from './hot-list.ts';
import type { RumourId } from './messages.ts';
import type { RecentIds } from './recent-ids.ts';

/** What the parts of the rumour machine share. */
export interface RumourContext {
  readonly config: RumourConfig;
  readonly hot: HotList;
  /** Ids that are no longer hot here, or never were: removed, in Demers' words. */
  readonly known: RecentIds;
  readonly arrivals: Arrivals;
  /** This node's own count of cycles. */
  cycle: number;
  readonly emit: (effect: RumourEffect) => void;
}

/** Hot, cooled of late, or being stored. */
export function isKnown({ hot, known, arrivals }: RumourContext, id: RumourId): boolean {
  return hot.get(id) !== undefined || known.has(id) || arrivals.isPending(id);
}

/** Whether partners are asked what became of what they got. */
export function wantsFeedback({ config }: RumourContext): boolean {
  return config.stopRule === 'feedback' || config.rememberHolders > 0;
}
