export interface InboxDeps<T> {
  handle(message: T): void;
  /** Reads nothing more until it is told to go on; what was read already may still come. */
  pause(): void;
  resume(): void;
  /** Runs it in the next turn of the event loop. */
  nextTurn(run: () => void): void;
  /** Messages that are handled in one turn. */
  readonly perTurn: number;
}

/**
 * What comes in over one connection, so many messages in each turn of the event loop: one that sends as fast as it can takes turns
 * with all others. A system hands over megabytes at once, which are tens of thousands of small messages.
 */
export class Inbox<T> {
  readonly #deps: InboxDeps<T>;
  #waiting: T[] = [];
  #handled = 0;
  #isScheduled = false;
  #isHeld = false;
  #isPaused = false;
  #ended: (() => void) | undefined;

  constructor(deps: InboxDeps<T>) {
    this.#deps = deps;
  }

  /** Handles it now, or in its turn. */
  put(message: T): void {
    if (!this.#isHeld && this.#waiting.length === 0 && this.#handled < this.#deps.perTurn) {
      this.#handle(message);
      return;
    }
    this.#waiting.push(message);
    this.#pause();
  }

  /** Handles and reads nothing until {@link release}: whoever is sent to does not keep up. */
  hold(): void {
    this.#isHeld = true;
    this.#pause();
  }

  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#schedule();
  }

  /** Nothing more comes: what waits is handled, whether held or not, then `then` runs. */
  end(then: () => void): void {
    this.#ended = then;
    this.#isHeld = false;
    if (this.#waiting.length === 0) this.#finish();
    else this.#schedule();
  }

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#deps.pause();
  }

  #handle(message: T): void {
    this.#handled++;
    this.#schedule();
    this.#deps.handle(message);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#deps.nextTurn(() => this.#turn());
  }

  #turn(): void {
    this.#isScheduled = false;
    this.#handled = 0;
    while (!this.#isHeld && this.#handled < this.#deps.perTurn) {
      const message = this.#waiting.shift();
      if (message === undefined) break;
      this.#handle(message);
    }
    if (this.#waiting.length > 0 || this.#isHeld) return;
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#deps.resume();
    }
    this.#finish();
  }

  #finish(): void {
    const ended = this.#ended;
    this.#ended = undefined;
    ended?.();
  }
}
