import type { ReplicaId } from '@hearsay/core';
import type { OutboxEntry } from '../../ports.ts';
import type { NoticeEffect, SendEffect, WakeEffect } from '../machine.ts';
import type { AnsweredEvent, AskEffect } from '../requests.ts';
import type { DeliveryMessage, ReceiptMessage } from './messages.ts';

export type OutgoingMailToken =
  /** `link` counts the links to this peer: answers for an earlier one are stale. */
  | { readonly step: 'cursor' | 'page'; readonly peer: ReplicaId; readonly link: number }
  | { readonly step: 'saved' };

export type OutgoingMailEvent =
  | { readonly type: 'started'; readonly outboxHead: number }
  | { readonly type: 'linkUp' | 'linkDown' | 'congested' | 'drained'; readonly peer: ReplicaId }
  /** The peer has told whom else it hears from: now it can be judged what to tell it. */
  | { readonly type: 'neighboursHeard'; readonly peer: ReplicaId }
  /** What one batch of the store committed, in outbox order, whoever it came from. */
  | { readonly type: 'committed'; readonly entries: readonly OutboxEntry[] }
  | { readonly type: 'message'; readonly from: ReplicaId; readonly message: ReceiptMessage }
  | { readonly type: 'timer' }
  /** The peer's store was found equal to this one: it has synced everything up to `head`. */
  | { readonly type: 'proven'; readonly peer: ReplicaId; readonly head: number }
  /** Whether news goes by mail, or another way. */
  | { readonly type: 'enabled'; readonly isEnabled: boolean }
  /** Writes all cursors now. */
  | { readonly type: 'stopping' }
  | AnsweredEvent<OutgoingMailToken>;

export type OutgoingMailNotice =
  /** Own changes up to `sequence` are synced to disk at `peer`, except `except`. */
  | {
      readonly type: 'mailAcknowledged';
      readonly peer: ReplicaId;
      readonly sequence: number;
      readonly except: readonly number[];
    }
  /** Mail that was no longer in the outbox; repair mends it. */
  | { readonly type: 'mailDropped'; readonly peer: ReplicaId; readonly count: number };

export type OutgoingMailEffect =
  | SendEffect<DeliveryMessage>
  | AskEffect<OutgoingMailToken>
  | WakeEffect<null>
  | NoticeEffect<OutgoingMailNotice>;
