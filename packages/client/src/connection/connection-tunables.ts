/** When a connection is tried, doubted and given up. All in milliseconds unless told. */
export const connectionTunables = {
  /** Mean pause before the first retry is half of it. Lower: sooner back; higher: less of a rush when a node restarts. */
  backOffBaseMs: 1_000,
  /** Longest pause: who is away for an hour is back within half a minute of its server. */
  backOffMaxMs: 30_000,
  /** A connection that held so long was good: the next failure begins to count anew. */
  provenAfterMs: 10_000,
  /** For opening; mobile networks take seconds. */
  openMs: 15_000,
  /** Silence after which the server is asked whether it is there. Hearsay says something every 20 s. */
  pingAfterMs: 22_000,
  /** For its answer. Together with the silence before below the 30 s after which stock clients hang up. */
  answerMs: 6_000,
  /** WebSockets in a row that never open until long polling is tried: a server that restarts costs one or two. */
  unopenedUntilPoll: 3,
  /** Between two attempts to leave long polling for a WebSocket. */
  returnAfterMs: 300_000,
} as const;

/**
 * The pause before the next attempt: uniform between nothing and a bound that doubles ("full jitter", Brooker 2015, AWS
 * Architecture Blog). `random`: uniform in [0, 1).
 */
export function backOffMs(failures: number, random: number): number {
  const { backOffBaseMs, backOffMaxMs } = connectionTunables;
  return random * Math.min(backOffMaxMs, backOffBaseMs * 2 ** Math.min(failures, 30));
}
