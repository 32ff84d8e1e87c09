import type { DocumentKey, ReplicaId } from '@hearsay/core';
import type { ExchangeResult } from '../documents/events.ts';
import type { ExchangeMode } from '../documents/messages.ts';
import type { NoticeEffect, SendEffect, WakeEffect } from '../machine.ts';
import type { AnsweredEvent, AskEffect } from '../requests.ts';
import type { RepairAnswer, RepairRequest } from './messages.ts';
import type { RepairOutcome } from './session.ts';

export interface RepairToken {
  readonly peer: ReplicaId;
  readonly session: number;
}

/** `interval`: the next periodic exchange; `due`: sessions that wait; `session`: look whether one is stuck. */
export type RepairTimer =
  | { readonly type: 'interval' }
  | { readonly type: 'due'; readonly at: number }
  | { readonly type: 'session'; readonly peer: ReplicaId; readonly session: number };

export type RepairEvent =
  | { readonly type: 'started' }
  /** `initiates`: this side starts the exchange that every new link begins with. */
  | { readonly type: 'linkUp'; readonly peer: ReplicaId; readonly initiates: boolean }
  | { readonly type: 'linkDown'; readonly peer: ReplicaId }
  /** A part of a long message has come from the peer: it is at work. */
  | { readonly type: 'heard'; readonly peer: ReplicaId }
  | { readonly type: 'message'; readonly from: ReplicaId; readonly message: RepairAnswer }
  /** The peer's session is served: one of our own that has not begun in earnest gives way. */
  | { readonly type: 'yield'; readonly peer: ReplicaId }
  /** On demand: with one peer, or with all that are linked. */
  | { readonly type: 'repairNow'; readonly peer: ReplicaId | null }
  | {
      readonly type: 'settled';
      readonly peer: ReplicaId;
      readonly key: DocumentKey;
      readonly result: ExchangeResult;
    }
  /** A peer compared its roots with those here and found them equal. */
  | { readonly type: 'provenEqual'; readonly peer: ReplicaId }
  | { readonly type: 'timer'; readonly timer: RepairTimer }
  | AnsweredEvent<RepairToken>;

export type RepairNotice =
  | { readonly type: 'repairStarted'; readonly peer: ReplicaId; readonly session: number }
  /** The stores differ: how many documents each has. */
  | {
      readonly type: 'repairCompared';
      readonly peer: ReplicaId;
      readonly session: number;
      readonly mine: number;
      readonly theirs: number;
    }
  | {
      readonly type: 'repairEnded';
      readonly peer: ReplicaId;
      readonly session: number;
      readonly outcome: RepairOutcome;
      readonly reason: string | null;
      /** Documents of which something went over, either way. */
      readonly moved: number;
      readonly failed: number;
      readonly rounds: number;
      readonly walked: boolean;
      readonly durationMs: number;
    }
  /**
   * Different roots, and nothing to exchange, too often in a row: two replicas disagree about what the same content is.
   * Both keep what they have; somebody has to look.
   */
  | { readonly type: 'divergence'; readonly peer: ReplicaId; readonly sessions: number };

export type RepairEffect =
  | SendEffect<RepairRequest>
  | AskEffect<RepairToken>
  | {
      readonly type: 'exchange';
      readonly peer: ReplicaId;
      readonly keys: readonly DocumentKey[];
      readonly mode: ExchangeMode;
    }
  | SyncedEffect
  | WakeEffect<RepairTimer>
  | NoticeEffect<RepairNotice>;

/** An exchange with the peer ended well: others come first next time. */
export interface SyncedEffect {
  readonly type: 'synced';
  readonly peer: ReplicaId;
  /** The peer has synced everything in the outbox here up to this; null: it is not known. */
  readonly provenHead: number | null;
}
