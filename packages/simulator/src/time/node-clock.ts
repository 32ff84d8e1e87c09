import type { Clock, Timers } from '@hearsay/core';
import type { VirtualTime } from './virtual-time.ts';

/** Unix time at which every run starts: 2026-01-01, like any other day. */
const startOfTimeMs = 1_767_225_600_000;

/** The clock on one machine's wall: wrong by a constant, by a rate, and by jumps. */
export class WallClock {
  readonly #time: VirtualTime;
  readonly #drift: number;
  readonly #skewMs: number;
  readonly #jumps = new Set<{ readonly byMs: number; readonly bites: () => void }>();

  /** `drift`: milliseconds too fast per millisecond. */
  constructor(time: VirtualTime, skewMs: number, drift: number) {
    this.#time = time;
    this.#skewMs = skewMs;
    this.#drift = drift;
  }

  now(): number {
    let jumpedMs = 0;
    for (const { byMs, bites } of this.#jumps) {
      jumpedMs += byMs;
      bites();
    }
    return Math.round(startOfTimeMs + this.#time.now * (1 + this.#drift) + this.#skewMs + jumpedMs);
  }

  /** Until the returned function puts it right; `bites` is told of every reading. */
  jump(byMs: number, bites: () => void): () => void {
    const jump = { byMs, bites };
    this.#jumps.add(jump);
    return () => {
      this.#jumps.delete(jump);
    };
  }

  /** Milliseconds that a reading is ahead of the time that it is. */
  errorOf(readingMs: number): number {
    return readingMs - startOfTimeMs - this.#time.now;
  }
}

/** Clock and timers of one process. They stop with it, whatever it still has in mind. */
export class ProcessTime implements Clock, Timers {
  readonly #time: VirtualTime;
  readonly #wall: WallClock;
  readonly #startedAt: number;
  readonly #held: (() => void)[] = [];
  #state: 'running' | 'paused' | 'ended' = 'running';
  #holds: () => void = () => {};

  constructor(time: VirtualTime, wall: WallClock) {
    this.#time = time;
    this.#wall = wall;
    this.#startedAt = time.now;
  }

  now(): number {
    return this.#wall.now();
  }

  monotonic(): number {
    return this.#time.now - this.#startedAt;
  }

  set(delayMs: number, fire: () => void): () => void {
    let cancelled = false;
    const cancel = this.#time.after(delayMs, () => {
      this.enter(() => {
        if (!cancelled) fire();
      });
    });
    return () => {
      cancelled = true;
      cancel();
    };
  }

  /** Runs `task` in the process: at once, when it is no longer paused, or never when it has ended. */
  enter(task: () => void): void {
    if (this.#state === 'running') task();
    else if (this.#state === 'paused') {
      this.#holds();
      this.#held.push(task);
    }
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  /** SIGSTOP: nothing happens in the process until {@link resume}; `holds` is told of what has to wait. */
  pause(holds: () => void = () => {}): void {
    if (this.#state !== 'running') return;
    this.#state = 'paused';
    this.#holds = holds;
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    for (const task of this.#held.splice(0)) this.enter(task);
  }

  end(): void {
    this.#state = 'ended';
    this.#held.length = 0;
  }
}
