import type { DocumentKey, ReplicaId } from '@hearsay/core';
import type { DocumentChange, ReceiveError } from '../../ports.ts';
import type { CloseCode } from '../../wire/close-codes.ts';
import type { NoticeEffect, SendEffect, WakeEffect } from '../machine.ts';
import type { AnsweredEvent, AskEffect } from '../requests.ts';
import type {
  ChangesMessage,
  DescribeMessage,
  DifferencesMessage,
  DocumentsMessage,
  ExchangeMode,
  StoredMessage,
} from './messages.ts';

/**
 * What came of exchanging one document with one peer. `moved`: something went over, either way. `same`: neither side had
 * anything for the other. `failed`: something was refused, lost or is still missing.
 */
export type ExchangeResult = 'moved' | 'same' | 'failed';

/** The step of a batch that an answer of the store belongs to. */
export interface ExchangeToken {
  readonly batch: number;
  readonly step: 'describe' | 'receive' | 'differences' | 'complete';
}

export type ExchangeEvent =
  /** Make these documents equal with a peer. Each is answered by one `settled`. */
  | {
      readonly type: 'exchange';
      readonly peer: ReplicaId;
      readonly keys: readonly DocumentKey[];
      readonly mode: ExchangeMode;
    }
  | {
      readonly type: 'message';
      readonly from: ReplicaId;
      readonly message: DifferencesMessage | StoredMessage;
    }
  | { readonly type: 'linkDown'; readonly peer: ReplicaId }
  /** A part of a long message has come: it is at work. */
  | { readonly type: 'heard'; readonly peer: ReplicaId }
  /** Output to the peer is over or under its soft mark. */
  | { readonly type: 'congested' | 'drained'; readonly peer: ReplicaId }
  | { readonly type: 'timer'; readonly batch: number }
  | AnsweredEvent<ExchangeToken>;

export type ExchangeNotice =
  | {
      readonly type: 'changeRefused';
      readonly peer: ReplicaId;
      readonly key: DocumentKey;
      readonly error: ReceiveError;
    }
  | { readonly type: 'documentsDropped'; readonly peer: ReplicaId; readonly count: number };

export type ExchangeEffect =
  | SendEffect<DescribeMessage | ChangesMessage>
  | AskEffect<ExchangeToken>
  | WakeEffect<number>
  | {
      readonly type: 'settled';
      readonly peer: ReplicaId;
      readonly key: DocumentKey;
      readonly result: ExchangeResult;
    }
  /** New here by repair: news for everybody else. */
  | FoundEffect
  | NoticeEffect<ExchangeNotice>;

export interface FoundEffect {
  readonly type: 'found';
  readonly from: ReplicaId;
  readonly changes: readonly DocumentChange[];
}

export interface ServeToken {
  readonly peer: ReplicaId;
  readonly batch: number;
  readonly link: number;
}

export type ServeEvent =
  | { readonly type: 'linkUp' | 'linkDown'; readonly peer: ReplicaId }
  | {
      readonly type: 'message';
      readonly from: ReplicaId;
      readonly message: DescribeMessage | ChangesMessage;
    }
  | AnsweredEvent<ServeToken>;

export type ServeEffect =
  | SendEffect<DocumentsMessage>
  | AskEffect<ServeToken>
  | FoundEffect
  | { readonly type: 'close'; readonly peer: ReplicaId; readonly code: CloseCode; readonly reason: string }
  | NoticeEffect<ExchangeNotice>;
