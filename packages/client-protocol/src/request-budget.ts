/**
 * What a client may ask for: a few bytes of step 1 or query cost a whole document or everybody's presence. Stock clients ask
 * once when they connect, and where they are told to, again every few seconds.
 */
export class RequestBudget {
  #left: number = burst;
  #at: number | undefined;

  take(now: number): boolean {
    this.#left = Math.min(burst, this.#left + ((now - (this.#at ?? now)) / 1000) * perSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

/** Requests at once. A guess: a client that reconnects ten times in a bad minute is not held up. */
const burst = 20;

/** Requests a second in the long run. */
const perSecond = 1;
