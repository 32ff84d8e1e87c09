import type { Random } from '@hearsay/core';

/** Full jitter: uniform in [0, min(cap, base × 2^attempt)], attempts from 0. */
export function backOff(attempt: number, baseMs: number, capMs: number, random: Random): number {
  return random.next() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30));
}
