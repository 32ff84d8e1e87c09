import type { Random } from '@hearsay/core';
import type { WakeEffect } from '../machine.ts';
import type { RumourConfig } from './config.ts';
import type { RumourTimer } from './events.ts';

/** Decides when the next cycle is: soon for the first rumour, then by the interval; idle pushers need none. */
export class CycleTimer {
  readonly #config: RumourConfig;
  readonly #random: Random;
  #generation = 0;
  #dueAt: number | null = null;
  #isIdle = true;

  constructor(config: RumourConfig, random: Random) {
    this.#config = config;
    this.#random = random;
  }

  /** Nothing was hot when the timer was last armed. */
  get isIdle(): boolean {
    return this.#isIdle;
  }

  /** Whether this is the cycle to run; a timer overtaken by an earlier one is not. */
  fired(timer: RumourTimer): boolean {
    if (this.#config.intervalMs === null) return true;
    if (timer.generation !== this.#generation) return false;
    this.#dueAt = null;
    return true;
  }

  /** Undefined when a cycle is due soon enough already, or none is needed. */
  arm(now: number, isHot: boolean): WakeEffect<RumourTimer> | undefined {
    const { intervalMs, idleIntervalMs, firstDelayMs, direction, jitter } = this.#config;
    if (intervalMs === null) return undefined;
    const wasIdle = this.#isIdle;
    this.#isIdle = !isHot;
    if (!isHot && direction === 'push') return undefined;
    const stretch = 1 + jitter * (this.#random.next() - 0.5);
    const afterMs = !isHot ? idleIntervalMs * stretch : wasIdle ? firstDelayMs : intervalMs * stretch;
    if (this.#dueAt !== null && this.#dueAt <= now + afterMs) return undefined;
    this.#dueAt = now + afterMs;
    return { type: 'wake', afterMs, timer: { type: 'cycle', generation: ++this.#generation } };
  }
}
