import { err, ok, type Result, type TaggedError, taggedError } from './result.ts';

/**
 * A hybrid logical clock reading (Kulkarni et al. 2014) in one safe integer: milliseconds of wall clock × 4096 plus
 * a counter. Exact until 2039. Comparable as numbers; two readings of one clock are never equal.
 */
export type HybridTime = number;

export interface StampError extends TaggedError<'STAMP_IN_FUTURE'> {
  /** Of the wall clock here. */
  readonly aheadMs: number;
}

const counterSteps = 4096;
const maxAheadMs = 5 * 60_000;

/** Milliseconds of wall clock in a reading. */
export function hybridTimeToMs(time: HybridTime): number {
  return Math.floor(time / counterSteps);
}

export function msToHybridTime(ms: number): HybridTime {
  return Math.floor(ms) * counterSteps;
}

/** The next reading: later than `last` and than any other reading made from it, near the wall clock when it can be. */
export function nextHybridTime(last: HybridTime, wallMs: number): HybridTime {
  return Math.max(last + 1, msToHybridTime(wallMs));
}

/** Refuses a foreign reading more than five minutes ahead of the wall clock: it would win for ever. */
export function checkHybridTime(time: HybridTime, wallMs: number): Result<HybridTime, StampError> {
  if (hybridTimeToMs(time) <= wallMs + maxAheadMs) return ok(time);
  const aheadMs = hybridTimeToMs(time) - wallMs;
  const message = `stamp is ${aheadMs} ms ahead; set the clocks right`;
  return err({ ...taggedError('STAMP_IN_FUTURE', message, true), aheadMs });
}
