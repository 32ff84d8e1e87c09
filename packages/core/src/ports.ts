/** The present. Protocol code never reads one: it gets `now` with every event. */
export interface Clock {
  /** Unix time in milliseconds: for people, stamps and tokens. May jump. */
  now(): number;
  /** Milliseconds since some fixed moment: for intervals. Never goes back. */
  monotonic(): number;
}

/** Wakes its caller later. */
export interface Timers {
  /** Calls `fire` once after `delayMs`; the returned function cancels. */
  set(delayMs: number, fire: () => void): () => void;
}

/** A source of randomness that can be split, so that a draw in one place does not shift another. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform whole number in [0, bound). */
  below(bound: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  bytes(count: number): Uint8Array;
  /** A fresh array in random order (Fisher–Yates). */
  shuffled<T>(items: readonly T[]): T[];
  /** Undefined only for an empty list. */
  pick<T>(items: readonly T[]): T | undefined;
  /** An independent generator that depends on this one's seed and on `name`, not on the draws made so far. */
  fork(name: string): Random;
}
