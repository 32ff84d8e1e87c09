import { type ByteReader, type DocumentId, decode, failDecode } from '@hearsay/core';
import { ChannelSession } from './channel-session.ts';
import { type ClientMessage, readAwareness } from './client-message.ts';
import { closeCodes, closeSocket } from './close-codes.ts';
import { messageTypes, yWebsocketFraming } from './framing.ts';
import { KeepAlive } from './keep-alive.ts';
import type { Channel, ClientSession } from './session.ts';
import { readSyncMessage } from './sync-message.ts';
import { untilClosed } from './until-closed.ts';
import { WaitingRoom } from './waiting-room.ts';

/** The y-websocket dialect: the document is the socket's path, the token came with the upgrade. */
export function createYWebsocketSession(
  document: DocumentId,
  token: string | null,
  waitingRoom: WaitingRoom = new WaitingRoom(),
): ClientSession {
  const session = new ChannelSession({
    channel,
    document,
    framing: yWebsocketFraming,
    waitingRoom,
  });
  const keepAlive = new KeepAlive();
  return untilClosed({
    dialect: 'y-websocket',
    handle: (event, now) => {
      switch (event.type) {
        case 'opened':
          keepAlive.isDue(now);
          return session.login(token);
        case 'frame': {
          const message = decode(event.frame, readMessage);
          if (message.ok) return session.receive(message.value, event.frame.byteLength, now);
          return [closeSocket(closeCodes.malformed, `malformed frame: ${message.error.message}`)];
        }
        case 'textFrame':
          return [closeSocket(closeCodes.malformed, 'text frames are not part of the protocol')];
        case 'tick': {
          const effects = session.tick(now);
          return keepAlive.isDue(now) ? [...effects, { type: 'send', frame: nobody }] : effects;
        }
        default:
          return session.answer(event, now);
      }
    },
  });
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

/** The only one there is. */
const channel: Channel = '';

/** Awareness with nobody in it: harmless to every client. */
const nobody: Uint8Array = yWebsocketFraming.awareness(channel, []);
