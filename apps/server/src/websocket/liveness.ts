/** Decides from a socket's byte counter and events whether its other end is alive and sends honestly. Pure. */
export class Liveness {
  #bytes: number;
  #bytesAtMessage: number;
  #quietSince: number;
  #partialSince: number | undefined;

  /** `bytesRead` as the socket counts them, handshake included; `now` in monotonic milliseconds. */
  constructor(bytesRead: number, now: number) {
    this.#bytes = bytesRead;
    this.#bytesAtMessage = bytesRead;
    this.#quietSince = now;
  }

  /** A whole message or control frame has arrived. */
  heard(bytesRead: number): void {
    this.#bytesAtMessage = bytesRead;
    this.#partialSince = undefined;
  }

  /** Called every few seconds. `probe`: send a ping. `dead` and `dripping`: end it. */
  check(bytesRead: number, now: number): 'alive' | 'probe' | 'dead' | 'dripping' {
    if (bytesRead !== this.#bytes) {
      // Bytes of a message that is still arriving prove life as well as a pong does.
      this.#bytes = bytesRead;
      this.#quietSince = now;
    }
    const arrived = bytesRead - this.#bytesAtMessage;
    if (arrived > 0) {
      this.#partialSince ??= now;
      const spentMs = now - this.#partialSince;
      if (spentMs >= limitsMs.grace && arrived < (spentMs / 1000) * minBytesPerSecond) return 'dripping';
    }
    const quietMs = now - this.#quietSince;
    if (quietMs >= limitsMs.dead) return 'dead';
    return quietMs >= limitsMs.probe ? 'probe' : 'alive';
  }
}

const limitsMs = {
  /** Silence after which a ping is due, and another at every check. */
  probe: 20_000,
  /** Two pings and their time to be answered. */
  dead: 45_000,
  /** A message may take this long however slow it is. */
  grace: 10_000,
} as const;

/** Beyond the grace a message must come at least this fast: the slowest modem does, a dripping attacker does not. */
const minBytesPerSecond = 2048;
