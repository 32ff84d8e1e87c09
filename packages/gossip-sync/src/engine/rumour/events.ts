import type { ReplicaId } from '@hearsay/core';
import type { NoticeEffect, SendEffect, WakeEffect } from '../machine.ts';
import type { Rumour, RumourId, RumourMessage } from './messages.ts';

/** `cycle`: the next round of conversations; `request`: look for payloads that did not come. */
export interface RumourTimer {
  readonly type: 'cycle' | 'request';
  /** A timer of an earlier arming is stale and ignored. */
  readonly generation: number;
}

/** What became of a payload handed to the store. A refused one is never spread, and told as known. */
export interface StoredRumour {
  readonly id: RumourId;
  readonly outcome: 'novel' | 'known' | 'refused';
}

export type RumourEvent =
  /** Begins the cycles; where they are driven from outside each `timer` event is one. */
  | { readonly type: 'start' }
  | { readonly type: 'timer'; readonly timer: RumourTimer }
  | { readonly type: 'message'; readonly from: ReplicaId; readonly message: RumourMessage }
  /** Answers a `store` effect, after the sync to disk. */
  | { readonly type: 'stored'; readonly from: ReplicaId; readonly outcomes: readonly StoredRumour[] }
  /** News that did not come as a rumour: a client's update, or a find of repair (`from` it). */
  | { readonly type: 'hot'; readonly rumour: Rumour; readonly from: ReplicaId | null }
  /** The payload is no longer to be had, or need not spread. */
  | { readonly type: 'withdrawn'; readonly id: RumourId }
  | { readonly type: 'peerGone'; readonly peer: ReplicaId };

export type RumourNotice =
  /** The hot list was full; repair takes over. */
  | { readonly type: 'hotOverflow'; readonly id: RumourId }
  /** More announcements than may be asked for at a time; repair takes over. */
  | { readonly type: 'requestOverflow'; readonly id: RumourId };

export type RumourEffect =
  /** The engine attaches the payloads of `carried` marks and of `payload` messages. */
  | SendEffect<RumourMessage>
  /** Payloads that came with the message at hand and are not known here: store them, answer with `stored`. */
  | { readonly type: 'store'; readonly from: ReplicaId; readonly rumours: readonly Rumour[] }
  | WakeEffect<RumourTimer>
  | NoticeEffect<RumourNotice>;
