import { ByteWriter, type Life } from '@hearsay/core';
import { type AwarenessEntry, encodeAwareness } from './awareness.ts';
import type { Channel, WantedLevel } from './session.ts';
import { type syncSteps, writeSyncMessage } from './sync-message.ts';

/** Message types that both dialects share; what lies above 3 is Hocuspocus alone. */
export const messageTypes = {
  sync: 0,
  awareness: 1,
  auth: 2,
  queryAwareness: 3,
  syncReply: 4,
  stateless: 5,
  broadcastStateless: 6,
  close: 7,
  syncStatus: 8,
  ping: 9,
  pong: 10,
  /** Of Hearsay's own client: what the dialect lacks. */
  extension: 64,
} as const;

/** How one dialect writes what a channel has to say; undefined where it has no words for it. */
export interface Framing {
  /** Several documents share a socket: trouble with one must not end it. */
  readonly sharesSocket: boolean;
  /** Its clients count what is unsaved from each of their steps 1, and are done only when they have been asked in return. */
  readonly expectsToBeAsked: boolean;
  sync(channel: Channel, step: keyof typeof syncSteps, payload: Uint8Array): Uint8Array;
  awareness(channel: Channel, entries: readonly AwarenessEntry[]): Uint8Array;
  granted(channel: Channel, mayWrite: boolean): Uint8Array | undefined;
  denied(channel: Channel, reason: string): Uint8Array;
  saved(channel: Channel, saved: boolean): Uint8Array | undefined;
  closed(channel: Channel, reason: string): Uint8Array | undefined;
  askForToken(channel: Channel): Uint8Array | undefined;
  /** What clients are told that have greeted. */
  extended(channel: Channel, answer: ExtendedAnswer): Uint8Array | undefined;
}

export type ExtendedAnswer =
  /** `life`: of the document at present; 0: there is none. */
  | { readonly kind: 'welcome'; readonly life: Life; readonly cluster: string; readonly replicaId: string }
  /** The client's copy is of an earlier life. */
  | { readonly kind: 'reset'; readonly life: Life }
  | ({ readonly kind: 'reached' } & WantedLevel);

export const yWebsocketFraming: Framing = {
  sharesSocket: false,
  expectsToBeAsked: false,
  sync: (_, step, payload) => writeSyncMessage(yWebsocketFrame(messageTypes.sync), step, payload).take(),
  awareness: (_, entries) =>
    yWebsocketFrame(messageTypes.awareness).varBytes(encodeAwareness(entries)).finish(),
  granted: () => undefined,
  denied: (_, reason) => yWebsocketFrame(messageTypes.auth).varUint(0).varString(reason).finish(),
  saved: () => undefined,
  closed: () => undefined,
  askForToken: () => undefined,
  extended: () => undefined,
};

/** As providers of v4 and later read it; see {@link beforeVersionFour}. */
export const hocuspocusFraming: Framing = {
  sharesSocket: true,
  expectsToBeAsked: true,
  sync: (channel, step, payload) =>
    writeSyncMessage(hocuspocusFrame(channel, messageTypes.sync), step, payload).take(),
  awareness: (channel, entries) =>
    hocuspocusFrame(channel, messageTypes.awareness).varBytes(encodeAwareness(entries)).finish(),
  granted: (channel, mayWrite) =>
    hocuspocusFrame(channel, messageTypes.auth)
      .varUint(authTypes.authenticated)
      .varString(mayWrite ? 'read-write' : 'readonly')
      .finish(),
  denied: (channel, reason) =>
    hocuspocusFrame(channel, messageTypes.auth)
      .varUint(authTypes.permissionDenied)
      .varString(reason)
      .finish(),
  saved: (channel, saved) =>
    hocuspocusFrame(channel, messageTypes.syncStatus)
      .varUint(saved ? 1 : 0)
      .finish(),
  closed: (channel, reason) => hocuspocusFrame(channel, messageTypes.close).varString(reason).finish(),
  askForToken: (channel) => hocuspocusFrame(channel, messageTypes.auth).varUint(authTypes.token).finish(),
  extended: (channel, answer) => {
    const frame = hocuspocusFrame(channel, messageTypes.extension).varUint(extensionKinds[answer.kind]);
    switch (answer.kind) {
      case 'welcome':
        frame.varUint(extensionVersion).varUint(answer.life);
        return frame.varString(answer.cluster).varString(answer.replicaId).finish();
      case 'reset':
        return frame
          .varUint(answer.life)
          .varUint(answer.life === 0 ? 0 : 1)
          .finish();
      case 'reached':
        frame.varUint(answer.upTo).varUint(answer.nodes);
        return frame.varUint(answer.regions ? 1 : 0).finish();
    }
  },
};

/**
 * For providers that tell no version: those of v2 throw on a Close in the middle of their socket's handler, which ends a
 * program in Node, and nobody can tell them from v3. All of them take a refusal, and go on with their other documents.
 */
export function beforeVersionFour(framing: Framing): Framing {
  return { ...framing, closed: framing.denied };
}

/** Subtypes of the extension. */
export const extensionKinds = { greet: 0, welcome: 1, reset: 2, want: 3, reached: 4 } as const;

const extensionVersion = 1;

/** Subtypes of Hocuspocus' auth message. */
export const authTypes = { token: 0, permissionDenied: 1, authenticated: 2 } as const;

function yWebsocketFrame(type: number): ByteWriter {
  return new ByteWriter(64).varUint(type);
}

function hocuspocusFrame(channel: Channel, type: number): ByteWriter {
  return new ByteWriter(64).varString(channel).varUint(type);
}
