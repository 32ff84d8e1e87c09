import type { Clock, Timers } from './ports.ts';

/** A wall clock by which ages can be judged. */
export interface SettledClock extends Clock {
  /** Unix time in milliseconds, without the jumps that have not stood for long. */
  now(): number;
  /** Whether it has run evenly for long enough, and does now. What cannot be undone is not done before. */
  isSettled(): boolean;
}

/** Looks at the wall clock until it is stopped. */
export interface WatchedClock extends SettledClock {
  stop(): void;
}

export interface WatchedClockDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Milliseconds that the wall clock has to run evenly before it is believed, at the start and after a jump. */
  readonly settleMs: number;
}

/** How far ahead of monotonic time the wall clock was found, and since when it has been so much. */
interface Reading {
  readonly offsetMs: number;
  readonly sinceMs: number;
}

const looksPerSettling = 4;
/** More than a look may take on a busy machine, and than slewing moves a clock between two looks. */
const leastToleranceMs = 100;

/**
 * Tells jumps of the wall clock from time that has gone by. A clock that is a day ahead for a minute must not end what is to
 * be kept for a day: only an offset to monotonic time that has stood for `settleMs` is believed. In its first such time,
 * when nothing is known to be better, it follows at once.
 */
export function watchClock({ clock, timers, settleMs }: WatchedClockDeps): WatchedClock {
  const toleranceMs = Math.max(leastToleranceMs, settleMs / 100);
  let believed = look();
  let other: Reading | undefined;
  let cancel = (): void => {};
  lookAgain();

  function look(): Reading {
    const sinceMs = clock.monotonic();
    return { offsetMs: clock.now() - sinceMs, sinceMs };
  }

  function agree(a: Reading, b: Reading): boolean {
    return Math.abs(a.offsetMs - b.offsetMs) <= toleranceMs;
  }

  function hasStood({ sinceMs }: Reading, atMs: number): boolean {
    return atMs - sinceMs >= settleMs;
  }

  function observe(): number {
    const seen = look();
    const atMs = seen.sinceMs;
    if (agree(seen, believed)) {
      believed = { ...believed, offsetMs: seen.offsetMs };
      other = undefined;
    } else if (!hasStood(believed, atMs)) believed = seen;
    else {
      other = other !== undefined && agree(seen, other) ? { ...other, offsetMs: seen.offsetMs } : seen;
      if (hasStood(other, atMs)) {
        believed = other;
        other = undefined;
      }
    }
    return atMs;
  }

  function lookAgain(): void {
    observe();
    cancel = timers.set(settleMs / looksPerSettling, lookAgain);
  }

  return {
    now: () => Math.round(observe() + believed.offsetMs),
    monotonic: () => clock.monotonic(),
    isSettled() {
      const atMs = observe();
      return other === undefined && hasStood(believed, atMs);
    },
    stop: () => cancel(),
  };
}
