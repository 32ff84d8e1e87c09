import type { SessionEffect } from './session.ts';

/**
 * Codes a client's socket is closed with. y-websocket 3.1 gives up for good on 4400–4499 and comes back on everything
 * else, so what may succeed later is never in that band.
 */
export const closeCodes = {
  /** The server is stopping; another node, or this one, will take the client back. */
  goingAway: 1001,
  /** Too much is waiting to be sent to this client, or to be taken from it. */
  tryAgainLater: 1013,
  /** A frame that no client of its dialect sends. */
  malformed: 4400,
  /** The login is missing, wrong or over. */
  unauthorised: 4401,
  /** Logged in, but without a right to this document. */
  forbidden: 4403,
  /** The document's name is not one. */
  badName: 4404,
  /** The document was deleted; what the client holds is history of a life that ended. */
  documentDeleted: 4410,
  /** An update or frame above a limit, or a collection that is full. */
  tooLarge: 4413,
  /** Login, or anything at all, took too long. */
  timeout: 4508,
  /** The store cannot take writes now. */
  unavailable: 4513,
} as const;

/** Ends the socket. Close reasons are at most 123 bytes of UTF-8 (RFC 6455, 5.5). */
export function closeSocket(code: number, reason: string): SessionEffect {
  return { type: 'close', code, reason: reason.replace(/[^\x20-\x7e]/g, '?').slice(0, 120) };
}

/** The close code for an error of the store. */
export function closeCodeOf(error: string): number {
  switch (error) {
    case 'LIFE_ENDED':
      return closeCodes.documentDeleted;
    case 'NOT_PERMITTED':
      return closeCodes.forbidden;
    case 'UPDATE_MALFORMED':
      return closeCodes.malformed;
    case 'UPDATE_REFUSED':
      return closeCodes.forbidden;
    case 'TOO_MANY_DOCUMENTS':
    case 'OVERLOADED':
      return closeCodes.tryAgainLater;
    case 'COLLECTION_FULL':
    case 'DOCUMENT_FULL':
    case 'UPDATE_LIMIT':
      return closeCodes.tooLarge;
    default:
      return closeCodes.unavailable;
  }
}

/** Whether a client must not come back by itself. */
export function isPermanent(code: number): boolean {
  return code >= 4400 && code < 4500;
}
