import { type ByteReader, failDecode, limits } from '@hearsay/core';
import { type ClientMessage, readAwareness } from './client-message.ts';
import { authTypes, messageTypes } from './framing.ts';
import type { Channel } from './session.ts';
import { readSyncMessage } from './sync-message.ts';

/** What a Hocuspocus client sends in one frame. */
export interface AddressedMessage {
  readonly channel: Channel;
  /** null: nothing that needs an answer. */
  readonly message: ClientMessage | null;
  /** Providers from version 4 on say which they are when they log in. */
  readonly providerVersion: string | null;
}

/** Ends the surrounding `decode` on anything malformed. */
export function readAddressedMessage(reader: ByteReader): AddressedMessage {
  const channel = reader.varString(maxAddressBytes);
  const type = reader.varUint();
  if (type !== messageTypes.auth) return { channel, message: readBody(reader, type), providerVersion: null };
  if (reader.varUint() !== authTypes.token) failDecode('only tokens come from clients');
  const token = reader.varString(limits.tokenBytes);
  const providerVersion = reader.remaining > 0 ? reader.varString(maxVersionBytes) : null;
  return { channel, message: { type: 'token', token }, providerVersion };
}

function readBody(reader: ByteReader, type: number): ClientMessage | null {
  switch (type) {
    case messageTypes.sync:
      return { type: 'sync', message: readSyncMessage(reader) };
    case messageTypes.awareness:
      return readAwareness(reader);
    case messageTypes.queryAwareness:
      return { type: 'queryAwareness' };
    case messageTypes.stateless:
      return { type: 'stateless', payload: reader.varString() };
    case messageTypes.close:
      return { type: 'leave' };
    case messageTypes.ping:
    case messageTypes.pong:
      return null;
    case messageTypes.extension:
      return readExtension(reader);
    default:
      // Sync replies and broadcasts are for servers among themselves.
      return failDecode(`message type ${type} is not a client's`);
  }
}

/** What Hearsay's own client says beyond the dialect. It takes silence for a no, and goes on as a stock one. */
function readExtension(reader: ByteReader): null {
  const kind = reader.varUint();
  const numbers = kind === greet ? 2 : kind === want ? 3 : failDecode(`extension ${kind} is not a client's`);
  for (let index = 0; index < numbers; index++) reader.varUint();
  return null;
}

/** Which life of the document the client's copy is of: version, life. */
const greet = 0;
/** Which level of safety it waits for: messages, nodes, regions. */
const want = 3;

/** A name, a zero byte and a session id. */
const maxAddressBytes: number = limits.documentNameBytes + 129;

const maxVersionBytes = 64;
