import { decode, documentId, limits } from '@hearsay/core';
import { ChannelSession } from './channel-session.ts';
import type { ClientMessage } from './client-message.ts';
import { closeCodes, closeSocket } from './close-codes.ts';
import { beforeVersionFour, hocuspocusFraming, messageTypes } from './framing.ts';
import { readAddressedMessage } from './hocuspocus-message.ts';
import { KeepAlive } from './keep-alive.ts';
import type { Channel, ClientSession, SessionEffect } from './session.ts';
import { untilClosed } from './until-closed.ts';
import { WaitingRoom } from './waiting-room.ts';

/**
 * The Hocuspocus dialect, v2 to v4: many documents on one socket, each frame addressed. All of them lie in
 * `collection`. A client that begins without logging in, as v2 without a token does, is anonymous.
 */
export function createHocuspocusSession(
  collection: string,
  waitingRoom: WaitingRoom = new WaitingRoom(),
): ClientSession {
  const channels = new Map<Channel, ChannelSession>();
  const keepAlive = new KeepAlive();
  let isVersionFour = false;

  const openChannel = (channel: Channel): ChannelSession | string => {
    // With session awareness the address is the name, a zero byte and a session id.
    const [name = ''] = channel.split('\0', 1);
    const id = documentId(collection, name);
    if (!id.ok) return id.error.message;
    if (channels.size >= limits.clientDocuments) {
      return `more than ${limits.clientDocuments} documents on one socket`;
    }
    const framing = isVersionFour ? hocuspocusFraming : olderFraming;
    return new ChannelSession({ channel, document: id.value, framing, waitingRoom });
  };

  const begin = (channel: Channel, message: ClientMessage, bytes: number, now: number): SessionEffect[] => {
    if (message.type === 'leave') return [];
    const session = openChannel(channel);
    if (typeof session === 'string') return refuse(channel, message, session);
    channels.set(channel, session);
    const effects = message.type === 'token' ? [] : session.login(null);
    effects.push(...session.receive(message, bytes, now));
    return effects;
  };

  const receive = (frame: Uint8Array, now: number): SessionEffect[] => {
    const [first] = frame;
    if (frame.byteLength === 1 && first === messageTypes.pong) return [];
    if (frame.byteLength === 1 && first === messageTypes.ping) return [{ type: 'send', frame: pong }];
    const decoded = decode(frame, readAddressedMessage);
    if (!decoded.ok) return [closeSocket(closeCodes.malformed, `malformed frame: ${decoded.error.message}`)];
    const { channel, message, providerVersion } = decoded.value;
    if (providerVersion !== null) isVersionFour = true;
    if (message === null) return [];
    const session = channels.get(channel);
    if (session === undefined) return begin(channel, message, frame.byteLength, now);
    if (message.type === 'leave') channels.delete(channel);
    return session.receive(message, frame.byteLength, now);
  };

  const tick = (now: number): SessionEffect[] => {
    const effects = [...channels.values()].flatMap((session) => session.tick(now));
    if (!keepAlive.isDue(now)) return effects;
    const [channel] = channels.keys();
    if (isVersionFour) effects.push({ type: 'send', frame: ping });
    else if (channel !== undefined) {
      effects.push({ type: 'send', frame: hocuspocusFraming.awareness(channel, []) });
    }
    return effects;
  };

  return untilClosed({
    dialect: 'hocuspocus',
    handle: (event, now) => {
      switch (event.type) {
        case 'opened':
          keepAlive.isDue(now);
          return [];
        case 'frame':
          return receive(event.frame, now);
        case 'textFrame':
          return [closeSocket(closeCodes.malformed, 'text frames are not part of the protocol')];
        case 'tick':
          return tick(now);
        default:
          return channels.get(event.channel)?.answer(event, now) ?? [];
      }
    },
  });
}

/** Other documents of the socket go on. Only what a client waits for an answer to gets one. */
function refuse(channel: Channel, message: ClientMessage, reason: string): SessionEffect[] {
  const waits = message.type === 'token' || (message.type === 'sync' && message.message.step === 'step1');
  return waits ? [{ type: 'send', frame: hocuspocusFraming.denied(channel, reason) }] : [];
}

const olderFraming = beforeVersionFour(hocuspocusFraming);

const ping: Uint8Array = Uint8Array.of(messageTypes.ping);
const pong: Uint8Array = Uint8Array.of(messageTypes.pong);
