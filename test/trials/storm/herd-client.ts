/** One client of a herd, of whatever kind. It keeps trying by itself. */
export interface HerdClient {
  readonly document: string;
  /** Tokens that a server has said to be on its disk. */
  readonly acknowledged: readonly string[];
  /** Connections tried, where they can be counted. */
  readonly attempts: number;
  start(): void;
  /** Whether it has the document, and the server its edits, over the connection that it has now. */
  isServed(): boolean;
  /** Writes one token, if it can. */
  write(token: string): void;
  /** Every few milliseconds: looks at what nobody tells it of. */
  review(): void;
  end(): void;
}

/** Handshakes that were answered with something else, by HTTP status. */
export class Refusals {
  readonly #counts = new Map<number, number>();
  #withRetryAfter = 0;

  /** `afterMs`: what `Retry-After` said; NaN: it was not there. */
  count(status: number, afterMs: number): void {
    this.#counts.set(status, (this.#counts.get(status) ?? 0) + 1);
    if (!Number.isNaN(afterMs)) this.#withRetryAfter++;
  }

  get byStatus(): Readonly<Record<number, number>> {
    return Object.fromEntries(this.#counts);
  }

  get withRetryAfter(): number {
    return this.#withRetryAfter;
  }
}
