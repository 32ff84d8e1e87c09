import { type ByteReader, failDecode, limits } from '@hearsay/core';
import { type ClientMessage, readAwareness } from './client-message.ts';
import { authTypes, extensionKinds, messageTypes } from './framing.ts';
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

function readExtension(reader: ByteReader): ClientMessage {
  switch (reader.varUint()) {
    case extensionKinds.greet:
      reader.varUint();
      return { type: 'greet', life: reader.varUint() };
    case extensionKinds.want:
      return {
        type: 'want',
        upTo: reader.varUint(),
        nodes: reader.varUint(),
        regions: reader.varUint() === 1,
      };
    default:
      return failDecode("an extension that is not a client's");
  }
}

/** A name, a zero byte and a session id. */
const maxAddressBytes: number = limits.documentNameBytes + 129;

const maxVersionBytes = 64;
