import { type ByteReader, decode, documentId, failDecode, limits } from '@hearsay/core';
import { ChannelSession, type ClientMessage } from './channel-session.ts';
import { closeCodes } from './close-codes.ts';
import { authTypes, hocuspocusFraming, messageTypes } from './framing.ts';
import type { Channel, ClientSession, SessionEffect } from './session.ts';
import { readSyncMessage } from './sync-message.ts';
import { readAwareness } from './y-websocket-session.ts';

/** Documents one socket may have open. */
const maxChannels = 1000;

/** Providers reconnect after 30 s without a frame. */
const keepAliveMs = 20_000;

/** Bytes of a token: JSON Web Tokens with many claims stay below. */
const maxTokenBytes = 16_384;

const pingFrame = Uint8Array.of(messageTypes.ping);
const pongFrame = Uint8Array.of(messageTypes.pong);

interface AddressedMessage {
  readonly channel: Channel;
  /** undefined: nothing that needs an answer. */
  readonly message: ClientMessage | undefined;
  /** Providers from version 4 on say which they are, and understand pings. */
  readonly providerVersion: string | undefined;
}

/**
 * The Hocuspocus dialect, v2 to v4: many documents on one socket, each frame addressed. All of them lie in
 * `collection`. A client that begins without logging in, as v2 without a token does, is anonymous.
 */
export function createHocuspocusSession(collection: string): ClientSession {
  const channels = new Map<Channel, ChannelSession>();
  let understandsPing = false;
  let lastKeptAlive: number | undefined;

  const open = (channel: Channel): ChannelSession | string => {
    const known = channels.get(channel);
    if (known !== undefined) return known;
    // With session awareness the address is the name, a zero byte and a session id.
    const id = documentId(collection, channel.split('\0')[0] ?? '');
    if (!id.ok) return id.error.message;
    if (channels.size >= maxChannels) return `more than ${maxChannels} documents on one socket`;
    const created = new ChannelSession(channel, id.value, hocuspocusFraming);
    channels.set(channel, created);
    return created;
  };

  const receive = (frame: Uint8Array): readonly SessionEffect[] => {
    if (frame.byteLength === 1 && frame[0] === messageTypes.pong) return [];
    if (frame.byteLength === 1 && frame[0] === messageTypes.ping) return [{ type: 'send', frame: pongFrame }];
    const decoded = decode(frame, readAddressed);
    if (!decoded.ok) return close(closeCodes.malformed, `malformed frame: ${decoded.error.message}`);
    const { channel, message, providerVersion } = decoded.value;
    if (providerVersion !== undefined) understandsPing = true;
    if (message === undefined) return [];
    const isNew = !channels.has(channel);
    if (isNew && message.type === 'leave') return [];
    const session = open(channel);
    if (typeof session === 'string') return close(closeCodes.badName, session);
    const effects = isNew && message.type !== 'token' ? session.login(null) : [];
    effects.push(...session.receive(message));
    if (message.type === 'leave') channels.delete(channel);
    return effects;
  };

  const keepAlive = (now: number): readonly SessionEffect[] => {
    lastKeptAlive ??= now;
    if (now - lastKeptAlive < keepAliveMs) return [];
    lastKeptAlive = now;
    if (understandsPing) return [{ type: 'send', frame: pingFrame }];
    const [channel] = channels.keys();
    return channel === undefined ? [] : [{ type: 'send', frame: hocuspocusFraming.awareness(channel, []) }];
  };

  return {
    dialect: 'hocuspocus',
    handle: (event, now) => {
      switch (event.type) {
        case 'opened':
          return [];
        case 'frame':
          return receive(event.frame);
        case 'textFrame':
          return close(closeCodes.malformed, 'text frames are not part of the protocol');
        case 'tick':
          return keepAlive(now);
        default:
          return channels.get(event.channel)?.answer(event) ?? [];
      }
    },
  };
}

function close(code: number, reason: string): SessionEffect[] {
  return [{ type: 'close', code, reason: reason.slice(0, 120) }];
}

function readAddressed(reader: ByteReader): AddressedMessage {
  // A name, a zero byte and a session id.
  const channel = reader.varString(limits.documentNameBytes + 129);
  const type = reader.varUint();
  let providerVersion: string | undefined;
  const message = ((): ClientMessage | undefined => {
    switch (type) {
      case messageTypes.sync:
        return { type: 'sync', message: readSyncMessage(reader) };
      case messageTypes.awareness:
        return readAwareness(reader);
      case messageTypes.auth: {
        if (reader.varUint() !== authTypes.token) failDecode('only tokens come from clients');
        const token = reader.varString(maxTokenBytes);
        if (reader.remaining > 0) providerVersion = reader.varString(64);
        return { type: 'token', token };
      }
      case messageTypes.queryAwareness:
        return { type: 'queryAwareness' };
      case messageTypes.stateless:
        return { type: 'stateless', payload: reader.varString() };
      case messageTypes.close:
        return { type: 'leave' };
      case messageTypes.ping:
      case messageTypes.pong:
        return undefined;
      default:
        // Sync replies and broadcasts are for servers among themselves.
        return failDecode(`message type ${type} is not a client's`);
    }
  })();
  return { channel, message, providerVersion };
}
