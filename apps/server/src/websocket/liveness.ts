/** Decides from a socket's byte counter and events whether its other end is alive and sends honestly. Pure. */
export class Liveness {
  #bytes: number;
  #bytesAtMessage: number;
  #quietSince: number;
  #partialSince: number | undefined;
  #probedAt = Number.NEGATIVE_INFINITY;

  /** `bytesRead` as the socket counts them, handshake included; `now` in monotonic milliseconds. */
  constructor(bytesRead: number, now: number) {
    this.#bytes = bytesRead;
    this.#bytesAtMessage = bytesRead;
    this.#quietSince = now;
  }

  /** A whole message has arrived. */
  heard(bytesRead: number): void {
    this.#bytesAtMessage = bytesRead;
    this.#partialSince = undefined;
  }

  /** So has a ping or pong with so many bytes in it, alone or between the fragments of a message: they still are to come. */
  heardControl(bytesRead: number, payloadBytes: number): void {
    this.#bytesAtMessage += controlFrameBytes + payloadBytes;
    if (this.unfinished(bytesRead) === 0) this.#partialSince = undefined;
  }

  /** Bytes of a message that has not arrived whole yet. */
  unfinished(bytesRead: number): number {
    return Math.max(0, bytesRead - this.#bytesAtMessage);
  }

  /** Called every second or so. `probe`: send a ping. `dead` and `dripping`: end it. */
  check(bytesRead: number, now: number): 'alive' | 'probe' | 'dead' | 'dripping' {
    if (bytesRead !== this.#bytes) {
      // Bytes of a message that is still arriving prove life as well as a pong does.
      this.#bytes = bytesRead;
      this.#quietSince = now;
    }
    const quietMs = now - this.#quietSince;
    const arrived = this.unfinished(bytesRead);
    if (arrived > 0) {
      this.#partialSince ??= now;
      const spentMs = now - this.#partialSince;
      const isSlow = arrived < (spentMs / 1000) * minBytesPerSecond;
      if (spentMs >= limitsMs.grace && (isSlow || quietMs >= limitsMs.grace)) return 'dripping';
    }
    if (quietMs >= limitsMs.dead) return 'dead';
    if (quietMs < limitsMs.probe || now - this.#probedAt < limitsMs.betweenProbes) return 'alive';
    this.#probedAt = now;
    return 'probe';
  }
}

const limitsMs = {
  /** Silence after which a ping is due, and another a while later. */
  probe: 20_000,
  betweenProbes: 10_000,
  /** Two pings and their time to be answered. */
  dead: 45_000,
  /** A message may take this long however slow it is, and pause for as long. */
  grace: 10_000,
} as const;

/** Of a short frame from a client: two bytes and the mask. */
const controlFrameBytes = 6;

/** Beyond the grace a message must come at least this fast: the slowest modem does, a dripping attacker does not. */
const minBytesPerSecond = 2048;
