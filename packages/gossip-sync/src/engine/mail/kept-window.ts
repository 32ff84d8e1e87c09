/**
 * How much of what was kept for a peer may be under way to it. What is written now waits behind no more than that: on a line of
 * 256 kbit/s for a second. It grows as long as receipts come soon, up to what is needed to fill long fat links.
 */
export class KeptWindow {
  #bytes = leastBytes;

  /** Half of it: one page is on the line while the other one is being acknowledged. */
  get pageBytes(): number {
    return this.#bytes / 2;
  }

  /** A receipt has come, so long after what it is for was sent. */
  acknowledged(afterMs: number): void {
    if (afterMs < soonMs) this.#bytes = Math.min(mostBytes, this.#bytes * 2);
    else if (afterMs > lateMs) this.#bytes = Math.max(leastBytes, this.#bytes / 2);
  }
}

const leastBytes = 32_768;
/** Beyond it the window of all mail is less. */
const mostBytes = 16_777_216;
/** Above the round trips of fat lines, and a sync at their end. */
const soonMs = 400;
const lateMs = 2000;
