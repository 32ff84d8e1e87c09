import type { Timers } from '@hearsay/core';

/** On how many nodes something is synced to disk, this one counted; whether every region has one of them. */
export interface Spread {
  readonly nodes: number;
  readonly regions: boolean;
}

export interface SpreadWatchDeps {
  /** The last sequence of the outbox: everything that is committed has one up to it. */
  outboxHead(): Promise<number>;
  spreadOf(sequence: number): Spread;
  /** Compares with peers of which it is not known whether they hold all up to a sequence. */
  compare(sequence: number): void;
  readonly timers: Timers;
}

interface Waiter {
  readonly sequence: number;
  readonly wanted: Spread;
  readonly reached: () => void;
}

/** Tells when what is committed now is as safe as somebody wants. */
export class SpreadWatch {
  readonly #deps: SpreadWatchDeps;
  readonly #waiters = new Set<Waiter>();
  #cancel = (): void => {};
  /** Looks since the last comparison, or since somebody began to wait. */
  #looks = 0;

  constructor(deps: SpreadWatchDeps) {
    this.#deps = deps;
  }

  /** Calls back once; the returned function ends the wait. */
  async wait(wanted: Spread, reached: () => void): Promise<() => void> {
    const waiter = { sequence: await this.#deps.outboxHead(), wanted, reached };
    this.#waiters.add(waiter);
    this.#look();
    return () => {
      this.#waiters.delete(waiter);
      if (this.#waiters.size === 0) this.#cancel();
    };
  }

  close(): void {
    this.#waiters.clear();
    this.#cancel();
  }

  #look(): void {
    this.#cancel();
    const spreads = new Map<number, Spread>();
    for (const waiter of [...this.#waiters]) {
      const { sequence, wanted, reached } = waiter;
      const spread = spreads.get(sequence) ?? this.#deps.spreadOf(sequence);
      spreads.set(sequence, spread);
      if (spread.nodes < wanted.nodes || (wanted.regions && !spread.regions)) continue;
      this.#waiters.delete(waiter);
      reached();
    }
    if (this.#waiters.size === 0) {
      this.#looks = 0;
      return;
    }
    if (++this.#looks >= looksUntilCompare) {
      this.#looks = 0;
      const sequences = [...this.#waiters].map(({ sequence }) => sequence);
      this.#deps.compare(Math.min(...sequences));
    }
    this.#cancel = this.#deps.timers.set(lookEveryMs, () => this.#look());
  }
}

/** A new peer is soon heard of by itself; a comparison of equal stores costs 64 bytes. */
const looksUntilCompare = 10;

/** About a round trip between continents: to look more often would tell hardly sooner. */
const lookEveryMs = 100;
