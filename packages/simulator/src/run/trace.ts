import { createHash, type Hash } from 'node:crypto';

/** Writes down what happens, one line for each thing. */
export interface Tracer {
  /** False: nothing is kept, and nobody need make up a line. */
  readonly on: boolean;
  line(where: string, what: string): void;
}

/** Follows a run: a hash over all lines, and the last of them to be shown. */
export class Trace implements Tracer {
  readonly on = true;
  readonly #now: () => number;
  readonly #keep: number;
  readonly #hash: Hash = createHash('sha256');
  #kept: string[] = [];
  #lines = 0;

  /** `keep`: how many of the last lines to remember. */
  constructor(now: () => number, keep: number) {
    this.#now = now;
    this.#keep = keep;
  }

  get lines(): number {
    return this.#lines;
  }

  line(where: string, what: string): void {
    const text = `${String(this.#now()).padStart(7)} ${where} ${what}`;
    this.#hash.update(text).update('\n');
    this.#lines++;
    this.#kept.push(text);
    if (this.#kept.length > 2 * this.#keep + 1000) this.#kept = this.tail();
  }

  /** The last lines, oldest first. */
  tail(): string[] {
    return this.#keep === 0 ? [] : this.#kept.slice(-this.#keep);
  }

  /** Of all lines so far. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }
}

/** For runs that nobody looks at. */
export const noTrace: Tracer = { on: false, line: () => {} };
