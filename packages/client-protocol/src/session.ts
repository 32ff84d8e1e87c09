import type { DocumentId, Life } from '@hearsay/core';
import type { StateVector } from '@hearsay/document';
import type { AwarenessEntry } from './awareness.ts';

/**
 * One document as one socket uses it. The y-websocket dialect has a single channel, named by the empty string;
 * Hocuspocus multiplexes, and its channels are named by the address its frames carry.
 */
export type Channel = string;

/** What a client may do to one document. */
export interface Permission {
  readonly read: boolean;
  readonly write: boolean;
  readonly presence: boolean;
}

/** What became of an update, once it is synced to disk or refused. */
export type SubmitOutcome =
  | { readonly ok: true; readonly novel: boolean }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly retry: boolean };

/** A level of safety beyond the disk here, for the document with the first `upTo` messages of this client in it. */
export interface WantedLevel {
  readonly upTo: number;
  /** Nodes that are to have it; 0: any number. */
  readonly nodes: number;
  /** Whether every region is to have it on one of its nodes. */
  readonly regions: boolean;
}

export type SessionEvent =
  | { readonly type: 'opened' }
  | { readonly type: 'frame'; readonly frame: Uint8Array }
  /** A text frame: no dialect has one. */
  | { readonly type: 'textFrame' }
  /** Answers `authenticate`; also comes unasked when rights change. `null` refuses. */
  | {
      readonly type: 'authenticated';
      readonly channel: Channel;
      readonly permission: Permission | null;
      readonly reason: string;
      /** The login itself is missing, wrong or over, rather than its rights. */
      readonly unauthorised?: boolean;
    }
  /** The login is about to end: a client that can is asked for a new token. */
  | { readonly type: 'renewLogin'; readonly channel: Channel }
  /** Answers `read`. `updates`: what the client lacks, in causal order, each small enough for a frame. */
  | {
      readonly type: 'state';
      readonly channel: Channel;
      readonly ticket: number;
      readonly life: Life;
      readonly stateVector: Uint8Array;
      readonly updates: readonly Uint8Array[];
    }
  | {
      readonly type: 'readFailed';
      readonly channel: Channel;
      readonly code: string;
      readonly message: string;
    }
  /** Answers `submit`. */
  | {
      readonly type: 'submitted';
      readonly channel: Channel;
      readonly ticket: number;
      readonly outcome: SubmitOutcome;
    }
  /** Presence of others, to be shown to this client. */
  | { readonly type: 'presence'; readonly channel: Channel; readonly entries: readonly AwarenessEntry[] }
  | { readonly type: 'documentDeleted'; readonly channel: Channel }
  /** Answers `greet`. */
  | {
      readonly type: 'greeted';
      readonly channel: Channel;
      readonly isLive: boolean;
      /** Of the document, or of the last there was; 0: none is known. */
      readonly life: Life;
      readonly cluster: string;
      readonly replicaId: string;
    }
  /** Answers `want`. */
  | ({ readonly type: 'reached'; readonly channel: Channel } & WantedLevel)
  /** Every few seconds. */
  | { readonly type: 'tick' };

export type SessionEffect =
  | { readonly type: 'send'; readonly frame: Uint8Array }
  | {
      readonly type: 'authenticate';
      readonly channel: Channel;
      readonly document: DocumentId;
      readonly token: string | null;
    }
  /** Begin to keep this channel's updates and presence for the client; they flow once its first state is sent. */
  | { readonly type: 'subscribe'; readonly channel: Channel; readonly document: DocumentId }
  | { readonly type: 'unsubscribe'; readonly channel: Channel; readonly document: DocumentId }
  | {
      readonly type: 'read';
      readonly channel: Channel;
      readonly document: DocumentId;
      readonly ticket: number;
      /** What the client has; null: only the server's own state vector is wanted. */
      readonly stateVector: StateVector | null;
    }
  | {
      readonly type: 'submit';
      readonly channel: Channel;
      readonly document: DocumentId;
      readonly ticket: number;
      /** Life of the document that the client knows; null before its first state. */
      readonly life: Life | null;
      readonly update: Uint8Array;
      /** Only tell whether it holds anything new: the client may not write. */
      readonly dryRun: boolean;
    }
  | {
      readonly type: 'presence';
      readonly channel: Channel;
      readonly document: DocumentId;
      readonly entries: readonly AwarenessEntry[];
    }
  /** The client wants to know everybody's presence: answered with a `presence` event. */
  | { readonly type: 'queryPresence'; readonly channel: Channel; readonly document: DocumentId }
  /** An application's own message (Hocuspocus). */
  | {
      readonly type: 'stateless';
      readonly channel: Channel;
      readonly document: DocumentId;
      readonly payload: string;
    }
  /** Which life of the document is present? Answered with a `greeted` event. */
  | { readonly type: 'greet'; readonly channel: Channel; readonly document: DocumentId }
  /** Answered with a `reached` event once it is so, while the channel is open. */
  | ({ readonly type: 'want'; readonly channel: Channel; readonly document: DocumentId } & WantedLevel)
  /** The channel was ended for a reason that its owner may want to know of. */
  | {
      readonly type: 'failed';
      readonly channel: Channel;
      readonly document: DocumentId;
      readonly code: string;
      readonly message: string;
    }
  | { readonly type: 'close'; readonly code: number; readonly reason: string };

export type DialectName = 'y-websocket' | 'hocuspocus';

/** The protocol of one socket, without the socket. `now` is monotonic milliseconds. After a `close` it has no more effects. */
export interface ClientSession {
  readonly dialect: DialectName;
  handle(event: SessionEvent, now: number): readonly SessionEffect[];
}
