import { EventQueue } from './event-queue.ts';
import { Settlement } from './settlement.ts';

/** Why a run cannot go on: somebody waits for something that nothing will bring about. */
class DeadlockError extends Error {}

/** Why a run does not get on: events of one moment bring about others of the same moment without end. */
class LivelockError extends Error {}

/** Far more than 1,000 nodes do in a millisecond. */
const maxStepsPerMoment = 1_000_000;

/**
 * The one clock of a simulated world. Time stands still while code runs and jumps to the next event when all of it
 * waits; events of one moment run in the order in which they were scheduled, each to its end.
 */
export class VirtualTime {
  readonly settlement: Settlement = new Settlement();
  readonly #queue = new EventQueue();
  #now = 0;
  #steps = 0;
  #stepsOfMoment = 0;

  /** Milliseconds since the start of the run. */
  get now(): number {
    return this.#now;
  }

  /** Events run so far. */
  get steps(): number {
    return this.#steps;
  }

  /** Runs `run` after whole milliseconds, rounded up; the returned function cancels. */
  after(delayMs: number, run: () => void): () => void {
    const event = this.#queue.push(this.#now + Math.max(0, Math.ceil(delayMs)), run);
    return () => {
      event.run = null;
    };
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /** Runs the next event and all that follows from it at once. False when there is none up to `limit`. */
  async step(limit: number = Number.POSITIVE_INFINITY): Promise<boolean> {
    const event = this.#queue.peek();
    if (event === undefined || event.at > limit) return false;
    this.#queue.pop();
    this.#stepsOfMoment = event.at === this.#now ? this.#stepsOfMoment + 1 : 0;
    if (this.#stepsOfMoment > maxStepsPerMoment)
      throw new LivelockError(`time stands still at ${this.#now} ms`);
    this.#now = event.at;
    this.#steps++;
    event.run?.();
    await this.settlement.settle();
    return true;
  }

  /** Runs all events up to `at`, which is the present afterwards. */
  async runUntil(at: number): Promise<void> {
    await this.settlement.settle();
    while (await this.step(at)) {
      // All of it is in the condition.
    }
    this.#now = Math.max(this.#now, at);
  }

  async runFor(durationMs: number): Promise<void> {
    await this.runUntil(this.#now + durationMs);
  }

  /** Runs events until `promise` settles, and gives its value. */
  async complete<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    promise.then(mark, mark);
    await this.settlement.settle();
    while (!settled) {
      if (!(await this.step())) throw new DeadlockError('waiting for what no event will bring about');
    }
    return promise;
  }
}
