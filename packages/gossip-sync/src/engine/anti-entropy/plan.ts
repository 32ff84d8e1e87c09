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

/** The rungs that will settle a difference: what to ask for and to tell since which position, or a walk for both. */
export type RepairPlan =
  | { readonly kind: 'recent'; readonly pullAfter: number | null; readonly pushAfter: number | null }
  | { readonly kind: 'walk' };

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
  const pullAfter = mode === 'push' ? null : feedStart(mine, theirs, maxRecentEntries);
  const pushAfter = mode === 'pull' ? null : feedStart(theirs, mine, maxRecentEntries);
  if (pullAfter === undefined || pushAfter === undefined) return { kind: 'walk' };
  return { kind: 'recent', pullAfter, pushAfter };
}

/** From where `reader` should read the feed of `writer`; undefined when a walk is better. */
function feedStart(reader: Side, writer: Side, maxRecentEntries: number): number | undefined {
  const cursor = reader.cursor > writer.head ? 0 : reader.cursor;
  const entries = Math.min(writer.head - cursor, writer.count);
  if (cursor > 0 && entries <= maxRecentEntries) return cursor;
  // Most of the writer's documents are new to the reader: its whole feed is the shortest list of them, and resumable.
  const isMostlyNew = writer.count <= fewDocuments || reader.count * 2 <= writer.count;
  return isMostlyNew ? cursor : undefined;
}

/** So few that listing them all costs no more than a walk: one page. */
const fewDocuments = 512;
