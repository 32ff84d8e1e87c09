/**
 * When a client has to hear something. Stock clients hang up after 30 s without a message and look every 3 s; pings of the
 * WebSocket do not count. Whether something else was sent meanwhile is not asked: three bytes are cheaper than to know.
 */
export class KeepAlive {
  #last: number | undefined;

  /** Asked every 5 s at the latest; the first time begins the count. */
  isDue(now: number): boolean {
    this.#last ??= now;
    if (now - this.#last < intervalMs) return false;
    this.#last = now;
    return true;
  }
}

const intervalMs = 20_000;
