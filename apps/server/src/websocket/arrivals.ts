import { randomInt } from 'node:crypto';

export interface ArrivalDeps {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Runs it once what has come in by now was taken. */
  readonly nextTurn: (run: () => void) => void;
  /** Runs it after so many milliseconds. */
  readonly later: (delayMs: number, run: () => void) => void;
  /** False while nobody more can be served: the node starts, or is busy with those it has let in. */
  readonly hasRoom: () => boolean;
  /** Milliseconds after which whoever waits is turned away. */
  readonly maxWaitMs: number;
}

/** What a connection has to tell: that it is gone. */
export interface WaitingConnection {
  once(event: 'close', heard: () => void): unknown;
  off(event: 'close', heard: () => void): unknown;
}

export interface ArrivalCounts {
  readonly admitted: number;
  readonly turned_away: number;
  readonly gone: number;
}

/**
 * The queue of clients that want in. A few are let in in each turn of the event loop, so that between them everybody is heard who
 * is in already, and every peer and question after health, which do not come by here. First come, first served.
 */
export class Arrivals {
  readonly #deps: ArrivalDeps;
  /** Oldest first. */
  readonly #waiting = new Set<Waiting>();
  readonly #counts = { admitted: 0, turned_away: 0, gone: 0 };
  #isScheduled = false;
  #isClosed = false;
  #isLong = false;

  constructor(deps: ArrivalDeps) {
    this.#deps = deps;
  }

  /** Resolves with whether it is let in: as its turn comes; never, when it has waited too long, is gone, or this is closed. */
  enter(connection: WaitingConnection): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#isClosed) {
        this.#counts.turned_away++;
        resolve(false);
        return;
      }
      const settle = (outcome: keyof ArrivalCounts): void => {
        connection.off('close', gone);
        this.#waiting.delete(arrival);
        this.#counts[outcome]++;
        resolve(outcome === 'admitted');
      };
      const gone = (): void => settle('gone');
      const arrival: Waiting = { since: this.#deps.now(), settle };
      connection.once('close', gone);
      this.#waiting.add(arrival);
      this.#schedule(this.#deps.nextTurn);
    });
  }

  /** How many wait. */
  get length(): number {
    return this.#waiting.size;
  }

  get counts(): ArrivalCounts {
    return { ...this.#counts };
  }

  /**
   * Whether clients had better be sent to another node: from when on the first in the queue has waited for a second, or a fifth of
   * what it may, until the queue is short again.
   */
  isOverloaded(): boolean {
    const waitedMs = this.#waitedMs();
    const longMs = Math.min(longestMs, this.#deps.maxWaitMs * longShare);
    if (waitedMs > longMs) this.#isLong = true;
    else if (waitedMs < longMs / 4) this.#isLong = false;
    return this.#isLong;
  }

  /** The node stops: turns everybody away, and whoever comes from now on. */
  close(): void {
    this.#isClosed = true;
    for (const { settle } of [...this.#waiting]) settle('turned_away');
  }

  #waitedMs(): number {
    for (const { since } of this.#waiting) return this.#deps.now() - since;
    return 0;
  }

  #schedule(when: (run: () => void) => void): void {
    if (this.#isScheduled || this.#waiting.size === 0) return;
    this.#isScheduled = true;
    when(() => {
      this.#isScheduled = false;
      this.#admit();
    });
  }

  #admit(): void {
    const { now, hasRoom, maxWaitMs, nextTurn, later } = this.#deps;
    const beganAt = now();
    let admitted = 0;
    let isFull = false;
    for (const { since, settle } of this.#waiting) {
      if (beganAt - since >= maxWaitMs) {
        settle('turned_away');
        continue;
      }
      isFull = !hasRoom();
      if (isFull || admitted >= perTurn) break;
      settle('admitted');
      admitted++;
    }
    this.isOverloaded();
    this.#schedule(isFull ? (run) => later(pollMs, run) : nextTurn);
  }
}

/** For `Retry-After`: drawn anew for everybody, so that those who were turned away together do not come back together. */
export function retryAfterSeconds(): number {
  return randomInt(1, 1 + maxRetryAfterS);
}

interface Waiting {
  readonly since: number;
  readonly settle: (outcome: keyof ArrivalCounts) => void;
}

/** A handshake takes half a millisecond, and the first answers as much: a turn stays in the order of ten milliseconds. */
const perTurn = 8;
/** Milliseconds until it is asked again whether there is room. */
const pollMs = 10;
/** From when on the queue is long, in milliseconds and of the longest wait; far below that, it is short again. */
const longestMs = 1000;
const longShare = 0.2;
const maxRetryAfterS = 10;
