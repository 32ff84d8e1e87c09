import type { DocumentId } from '@hearsay/core';
import type { AwarenessEntry } from './awareness.ts';
import { closeCodes } from './close-codes.ts';
import { type Framing, hocuspocusFraming, yWebsocketFraming } from './framing.ts';
import { createHocuspocusSession } from './hocuspocus-session.ts';
import type { Channel, ClientSession, DialectName } from './session.ts';
import { WaitingRoom } from './waiting-room.ts';
import { createYWebsocketSession } from './y-websocket-session.ts';

/** What the upgrade request tells about a socket before its first frame. */
export interface SocketRequest {
  readonly collection: string;
  /** The document its path names; null when it names none, as Hocuspocus sockets usually do. */
  readonly document: DocumentId | null;
  readonly token: string | null;
}

/**
 * The session for a first frame. A y-websocket client begins with sync step 1, whose first byte is zero; a Hocuspocus frame
 * begins with the length of a name, which is not. Later frames could not be told apart. A socket for which there is no
 * session gets a close code and a reason instead.
 */
export function createSession(
  request: SocketRequest,
  firstFrame: Uint8Array,
  waitingRoom: WaitingRoom = new WaitingRoom(),
): ClientSession | { readonly code: number; readonly reason: string } {
  if (firstFrame[0] !== undefined && firstFrame[0] !== 0 && !isYWebsocketAwareness(firstFrame)) {
    return createHocuspocusSession(request.collection, waitingRoom);
  }
  if (request.document === null) return { code: closeCodes.badName, reason: 'the path names no document' };
  return createYWebsocketSession(request.document, request.token, waitingRoom);
}

/** The frame that carries a turn's updates of a document to every socket of one dialect and channel. */
export function updateFrame(dialect: DialectName, channel: Channel, update: Uint8Array): Uint8Array {
  return framingOf(dialect).sync(channel, 'update', update);
}

/** The frame that shows presence to every socket of one dialect and channel. */
export function presenceFrame(
  dialect: DialectName,
  channel: Channel,
  entries: readonly AwarenessEntry[],
): Uint8Array {
  return framingOf(dialect).awareness(channel, entries);
}

function framingOf(dialect: DialectName): Framing {
  return dialect === 'y-websocket' ? yWebsocketFraming : hocuspocusFraming;
}

/** `03`, a query for awareness on a room's tab channel, is the only other frame a y-websocket client begins with. */
function isYWebsocketAwareness(frame: Uint8Array): boolean {
  return frame.byteLength === 1 && frame[0] === 3;
}
