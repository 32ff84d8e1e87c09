import { type Clock, limits, RateBudget, type Timers } from '@hearsay/core';
import type { EngineMessage } from '../engine/events.ts';

export interface IntakeDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly timers: Timers;
  handle(message: EngineMessage): void;
  /** Nothing more is to be read from the peer. */
  hold(): void;
  release(): void;
  /** The peer waits for this node. Told again after a minute. */
  slowed(why: SlowedBy): void;
}

/** What there is too much of. */
export type SlowedBy = 'questions' | 'processor';

interface Waiting {
  readonly message: EngineMessage;
  readonly bytes: number;
}

/**
 * What comes from one peer, as fast as it can be worked off: so many questions to the store are under way for it, and so much of each second
 * goes into handling what it says. Whoever says more waits, and is not read meanwhile. Probes wait for no store, which may have stalled.
 */
export class Intake {
  readonly #deps: IntakeDeps;
  readonly #budget: RateBudget;
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #questions = 0;
  #isHeld = false;
  #isOver = false;
  #cancelRest: (() => void) | null = null;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
    this.#budget = new RateBudget(limits.linkProcessorMs, deps.clock);
  }

  /** Handles a message of the peer, now or later. False where more waits than a transport can hold back. */
  put(message: EngineMessage, bytes: number): boolean {
    const mayPass = isUrgent({ message }) && this.#cancelRest === null;
    if (mayPass || (this.#waiting.length === 0 && this.#isFree)) {
      this.#deps.handle(message);
      return true;
    }
    this.#waiting.push({ message, bytes });
    this.#waitingBytes += bytes;
    if (this.#cancelRest === null) this.#tell('questions');
    this.#flow();
    return this.#waitingBytes <= limits.peerBufferHardBytes;
  }

  /** A question is put to the store for this peer. */
  asked(): void {
    this.#questions++;
  }

  /** What its answer brings about; then whatever has waited for it. */
  answered(run: () => void): void {
    this.#questions--;
    this.spend(run);
    this.#drain();
  }

  /** Does something on the peer's account. */
  spend(run: () => void): void {
    const beganAt = this.#deps.clock.monotonic();
    run();
    this.#spent(this.#deps.clock.monotonic() - beganAt);
  }

  /** Goes on with what waits, as far as that may be. */
  #drain(): void {
    while (this.#cancelRest === null) {
      const at = this.#isFree ? 0 : this.#waiting.findIndex(isUrgent);
      const [next] = at < 0 ? [] : this.#waiting.splice(at, 1);
      if (next === undefined) break;
      this.#waitingBytes -= next.bytes;
      this.spend(() => this.#deps.handle(next.message));
    }
    this.#flow();
  }

  /** The link is gone: what had come before is handled, and nothing is held or told any more. */
  end(): void {
    this.#isOver = true;
    this.#cancelRest?.();
    for (const { message } of this.#waiting.splice(0)) this.#deps.handle(message);
  }

  get #isFree(): boolean {
    return this.#cancelRest === null && this.#questions < limits.linkQuestions;
  }

  #spent(ms: number): void {
    const pauseMs = this.#budget.take(Math.min(ms, mostCountedMs));
    if (pauseMs > 0 && this.#cancelRest === null && !this.#isOver) this.#rest(pauseMs);
  }

  #rest(ms: number): void {
    this.#tell('processor');
    this.#cancelRest = this.#deps.timers.set(ms, () => {
      this.#cancelRest = null;
      // Answers may have taken more meanwhile.
      this.#spent(0);
      this.#drain();
    });
    this.#flow();
  }

  #flow(): void {
    const isFull = this.#waitingBytes > limits.peerBufferSoftBytes || this.#waiting.length > mostWaiting;
    const mustHold = !this.#isOver && (this.#cancelRest !== null || isFull);
    if (mustHold === this.#isHeld) return;
    this.#isHeld = mustHold;
    if (mustHold) this.#deps.hold();
    else this.#deps.release();
  }

  #tell(why: SlowedBy): void {
    const now = this.#deps.clock.monotonic();
    if (now - this.#toldAt < tellMs) return;
    this.#toldAt = now;
    this.#deps.slowed(why);
  }
}

function isUrgent({ message }: Pick<Waiting, 'message'>): boolean {
  return message.channel === 'membership';
}

/** Messages; beyond, the peer is not read. At the end of a link they are handled in one turn. */
const mostWaiting = 1024;
const tellMs = 60_000;
/** Of one thing: longer it takes where the whole process stands still, and that is not the peer's doing. */
const mostCountedMs = 50;
