/**
 * Codes a client's socket is closed with. y-websocket 3.1 gives up for good on 4400–4499 and comes back on everything
 * else, so what may succeed later is never in that band.
 */
export const closeCodes = {
  /** The server is stopping; another node, or this one, will take the client back. */
  goingAway: 1001,
  /** Too much is waiting to be sent to this client. */
  tryAgainLater: 1013,
  /** A frame that no client of its dialect sends. */
  malformed: 4400,
  unauthorised: 4401,
  forbidden: 4403,
  /** The document's name is not one. */
  badName: 4404,
  /** The document was deleted; what the client holds is history of a life that ended. */
  documentDeleted: 4410,
  /** An update or frame above a limit. */
  tooLarge: 4413,
  /** Login, or anything at all, took too long. */
  timeout: 4508,
  /** The store cannot take writes now. */
  unavailable: 4513,
} as const;
