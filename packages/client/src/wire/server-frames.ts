import { type ByteReader, type DecodeError, decode, failDecode, type Result } from '@hearsay/core';
import type { ChannelAddress } from './client-frames.ts';
import { authTypes, extensionKinds, messageTypes, syncSteps } from './message-types.ts';
import { readPresence } from './presence.ts';

/** Why a copy belongs to a life of the document that has ended. */
export type LifeEnd = 'deleted' | 'created anew';

/** What a server says on a channel. */
export type ServerMessage =
  | { readonly type: 'sync'; readonly step: keyof typeof syncSteps; readonly payload: Uint8Array }
  | { readonly type: 'awareness'; readonly update: Uint8Array }
  | { readonly type: 'queryAwareness' }
  | { readonly type: 'authenticated'; readonly mayWrite: boolean }
  | { readonly type: 'denied'; readonly reason: string }
  /** The server asks for the present token. */
  | { readonly type: 'renewLogin' }
  | { readonly type: 'closed'; readonly reason: string }
  /** Answers one Step 2 or Update, in order: whether it is synced to disk. */
  | { readonly type: 'status'; readonly saved: boolean }
  | {
      readonly type: 'welcome';
      /** Present life of the document; 0: there is none yet. */
      readonly life: number;
      readonly cluster: string;
      readonly replicaId: string;
    }
  | { readonly type: 'reset'; readonly life: number; readonly reason: LifeEnd }
  | {
      readonly type: 'reached';
      readonly upTo: number;
      readonly nodes: number;
      readonly regions: boolean;
    };

export type ServerFrame =
  | { readonly type: 'ping' | 'pong' }
  | { readonly type: 'message'; readonly channel: ChannelAddress; readonly message: ServerMessage }
  /** Of a type that a later server may have. */
  | { readonly type: 'unknown' };

/** Reads a frame of a server. Payloads are copies: sockets may reuse what they gave. */
export function readServerFrame(frame: Uint8Array): Result<ServerFrame, DecodeError> {
  if (frame.byteLength === 1 && frame[0] === messageTypes.ping) return { ok: true, value: { type: 'ping' } };
  if (frame.byteLength === 1 && frame[0] === messageTypes.pong) return { ok: true, value: { type: 'pong' } };
  return decode(frame, (reader): ServerFrame => {
    const channel = reader.varString();
    const message = readMessage(reader, reader.varUint());
    if (message !== undefined) return { type: 'message', channel, message };
    reader.rest();
    return { type: 'unknown' };
  });
}

function readMessage(reader: ByteReader, type: number): ServerMessage | undefined {
  switch (type) {
    case messageTypes.sync:
    case messageTypes.syncReply:
      return readSync(reader);
    case messageTypes.awareness: {
      const update = readPresence(reader);
      return update && { type: 'awareness', update };
    }
    case messageTypes.auth:
      return readAuth(reader);
    case messageTypes.queryAwareness:
      return { type: 'queryAwareness' };
    case messageTypes.close:
      return { type: 'closed', reason: reader.remaining > 0 ? reader.varString() : '' };
    case messageTypes.syncStatus:
      return { type: 'status', saved: reader.varUint() === 1 };
    case messageTypes.extension:
      return readExtension(reader);
    default:
      return undefined;
  }
}

function readSync(reader: ByteReader): ServerMessage {
  const number = reader.varUint();
  const payload = reader.varBytes().slice();
  switch (number) {
    case syncSteps.step1:
      return { type: 'sync', step: 'step1', payload };
    case syncSteps.step2:
      return { type: 'sync', step: 'step2', payload };
    case syncSteps.update:
      return { type: 'sync', step: 'update', payload };
    default:
      return failDecode(`unknown sync step ${number}`);
  }
}

function readAuth(reader: ByteReader): ServerMessage {
  const type = reader.varUint();
  switch (type) {
    case authTypes.token:
      return { type: 'renewLogin' };
    case authTypes.permissionDenied:
      return { type: 'denied', reason: reader.varString() };
    case authTypes.authenticated:
      return { type: 'authenticated', mayWrite: reader.varString() !== 'readonly' };
    default:
      return failDecode(`unknown login answer ${type}`);
  }
}

function readExtension(reader: ByteReader): ServerMessage | undefined {
  switch (reader.varUint()) {
    case extensionKinds.welcome:
      reader.varUint();
      return {
        type: 'welcome',
        life: reader.varUint(),
        cluster: reader.varString(),
        replicaId: reader.varString(),
      };
    case extensionKinds.reset:
      return {
        type: 'reset',
        life: reader.varUint(),
        reason: reader.varUint() === 0 ? 'deleted' : 'created anew',
      };
    case extensionKinds.reached:
      return {
        type: 'reached',
        upTo: reader.varUint(),
        nodes: reader.varUint(),
        regions: reader.varUint() === 1,
      };
    default:
      return undefined;
  }
}
