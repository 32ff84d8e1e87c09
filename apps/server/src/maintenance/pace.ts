import type { Clock, Timers } from '@hearsay/core';

export interface PaceDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly timers: Timers;
}

/**
 * How fast an operator's work on many documents goes on beside the clients': a wave of documents, then a rest as long as the wave
 * took. A wave waits for the same disk and event loop as everybody's edits: where it takes long they wait too, and the next is half
 * as large; else it is one document larger (additive increase, multiplicative decrease: Chiu and Jain 1989).
 */
export class Pace {
  readonly #deps: PaceDeps;
  #size: number = pace.leastDocuments;
  #last: Promise<unknown> = Promise.resolve();

  constructor(deps: PaceDeps) {
    this.#deps = deps;
  }

  /** Documents that the next wave may have. */
  get size(): number {
    return this.#size;
  }

  /** Runs one wave, after all that were asked for before; resolves when it has rested. */
  wave<T>(work: () => Promise<T>): Promise<T> {
    const waved = this.#last.then(() => this.#run(work));
    this.#last = waved.catch(() => {});
    return waved;
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    const { clock, timers } = this.#deps;
    const began = clock.monotonic();
    const result = await work();
    const tookMs = clock.monotonic() - began;
    this.#size =
      tookMs > pace.waveMs
        ? Math.max(pace.leastDocuments, Math.floor(this.#size / 2))
        : Math.min(pace.mostDocuments, this.#size + 1);
    const restMs = Math.min(pace.mostRestMs, Math.max(pace.leastRestMs, tookMs));
    await new Promise<void>((resolve) => timers.set(restMs, resolve));
    return result;
  }
}

/** Origins: `trial deletions`, see decision 0066. */
export const pace = {
  /** Documents of a wave at most: more is faster while nobody else is there, and holds an edit up for longer that comes meanwhile. */
  mostDocuments: 32,
  /** Of the first wave, and at least: where the disk is slow its syncs take the time, and a wave shares them. */
  leastDocuments: 8,
  /** Milliseconds that a wave, of three syncs, may take before the next is smaller: half of what clients may be kept waiting. */
  waveMs: 50,
  /** Milliseconds of rest after a wave. */
  leastRestMs: 2,
  mostRestMs: 1000,
} as const;
