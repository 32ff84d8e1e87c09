import type { ExchangeMode } from '../documents/messages.ts';

/** Where one side of a comparison stands. */
export interface Side {
  /** Head of its change feed. */
  readonly head: number;
  /** Its documents. */
  readonly count: number;
  /** Up to where it knows the other side's feed; 0: unknown. */
  readonly cursor: number;
}

/** From where a feed is to be read; `walk` when reading it costs more than a walk; null when the mode wants nothing. */
export type FeedStart = number | 'walk' | null;

/** How to settle a difference: what to ask for and what to tell. What has to be walked comes after what can be read. */
export interface RepairPlan {
  readonly pullAfter: FeedStart;
  readonly pushAfter: FeedStart;
}

/**
 * Rung 1 where the change feed tells everything at a reasonable price, the walk otherwise. A feed position that the
 * other side cannot have seen means that its store was put back: nothing is known then.
 */
export function planRepair(
  mine: Side,
  theirs: Side,
  mode: ExchangeMode,
  maxRecentEntries: number,
): RepairPlan {
  return {
    pullAfter: mode === 'push' ? null : feedStart(mine, theirs, maxRecentEntries),
    pushAfter: mode === 'pull' ? null : feedStart(theirs, mine, maxRecentEntries),
  };
}

/** From where `reader` should read the feed of `writer`. */
function feedStart(reader: Side, writer: Side, maxRecentEntries: number): number | 'walk' {
  const cursor = reader.cursor > writer.head ? 0 : reader.cursor;
  const entries = Math.min(writer.head - cursor, writer.count);
  if (cursor > 0 && entries <= maxRecentEntries) return cursor;
  // What the reader certainly lacks makes a walk as long; the feed can be resumed, a walk can not.
  const missing = Math.max(0, writer.count - reader.count);
  const walkBytes = Math.min(missing * differenceBytes, (reader.count + writer.count) * leafBytes);
  return entries <= fewDocuments || entries * entryBytes <= walkBytes ? cursor : 'walk';
}

/** So few that listing them all costs no more than a walk: one page. */
const fewDocuments = 512;
/** Of one document in a page of the feed. */
const entryBytes = 32;
/** Of one scattered difference in a walk, and of one document where all of a leaf differs. */
const differenceBytes = 1024;
const leafBytes = 40;
