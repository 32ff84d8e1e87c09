import { type ByteReader, type DocumentId, decode, failDecode } from '@hearsay/core';
import { decodeAwareness } from './awareness.ts';
import { ChannelSession, type ClientMessage } from './channel-session.ts';
import { closeCodes } from './close-codes.ts';
import { messageTypes, yWebsocketFraming } from './framing.ts';
import type { Channel, ClientSession, SessionEffect } from './session.ts';
import { readSyncMessage } from './sync-message.ts';

const channel: Channel = '';

/** Clients hang up after 30 s without a frame and look every 3 s; pings do not count. */
const keepAliveMs = 20_000;

/** Awareness with nobody in it: harmless to every client. */
const keepAliveFrame: Uint8Array = yWebsocketFraming.awareness(channel, []);

/** The y-websocket dialect: the document is the socket's path, the token came with the upgrade. */
export function createYWebsocketSession(document: DocumentId, token: string | null): ClientSession {
  const session = new ChannelSession(channel, document, yWebsocketFraming);
  let lastKeptAlive: number | undefined;
  return {
    dialect: 'y-websocket',
    handle: (event, now) => {
      lastKeptAlive ??= now;
      if (event.type === 'opened') return session.login(token);
      if (event.type === 'frame') return receive(session, event.frame);
      if (event.type === 'textFrame') return malformed('text frames are not part of the protocol');
      if (event.type !== 'tick') return session.answer(event);
      if (now - lastKeptAlive < keepAliveMs) return [];
      lastKeptAlive = now;
      return [{ type: 'send', frame: keepAliveFrame }];
    },
  };
}

function receive(session: ChannelSession, frame: Uint8Array): readonly SessionEffect[] {
  const message = decode(frame, readMessage);
  return message.ok ? session.receive(message.value) : malformed(message.error.message);
}

function malformed(reason: string): SessionEffect[] {
  return [{ type: 'close', code: closeCodes.malformed, reason: `malformed frame: ${reason}`.slice(0, 120) }];
}

function readMessage(reader: ByteReader): ClientMessage {
  const type = reader.varUint();
  switch (type) {
    case messageTypes.sync:
      return { type: 'sync', message: readSyncMessage(reader) };
    case messageTypes.awareness:
      return readAwareness(reader);
    case messageTypes.queryAwareness:
      return { type: 'queryAwareness' };
    default:
      return failDecode(`unknown message type ${type}`);
  }
}

/** The body of an awareness message, in both dialects. */
export function readAwareness(reader: ByteReader): ClientMessage {
  const entries = decodeAwareness(reader.varBytes());
  return entries.ok ? { type: 'awareness', entries: entries.value } : failDecode(entries.error.message);
}
