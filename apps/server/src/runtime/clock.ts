import { performance } from 'node:perf_hooks';
import type { Clock, Timers } from '@hearsay/core';

/** The system's clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** Node's timers. They do not keep the process alive: its sockets do. */
export const systemTimers: Timers = {
  set: (delayMs, fire) => {
    const timer = setTimeout(fire, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Runs it in the next turn of the event loop, after what comes in until then. */
export function nextTurn(run: () => void): void {
  setImmediate(run);
}

/** A wall clock that goes on where it was when the system's is put back. */
export function risingNow(clock: Clock): () => number {
  const begin = clock.now() - clock.monotonic();
  return () => Math.max(clock.now(), begin + clock.monotonic());
}
