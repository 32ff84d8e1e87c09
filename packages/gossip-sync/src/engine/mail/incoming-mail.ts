import { type DocumentKey, documentKey, type ReplicaId } from '@hearsay/core';
import type { DocumentChange, ReceiveError } from '../../ports.ts';
import { type CloseCode, closeCodes } from '../../wire/close-codes.ts';
import { changeBytes, isMendable } from '../changes.ts';
import type { Machine, NoticeEffect, SendEffect } from '../machine.ts';
import type { AnsweredEvent, AskEffect } from '../requests.ts';
import type { MailConfig } from './config.ts';
import type { DeliveryMessage, ReceiptMessage } from './messages.ts';
import { MissingMail } from './missing-mail.ts';

export interface IncomingMailToken {
  readonly peer: ReplicaId;
  readonly link: number;
  readonly delivery: number;
}

export type IncomingMailEvent =
  | { readonly type: 'linkUp' | 'linkDown'; readonly peer: ReplicaId }
  | { readonly type: 'message'; readonly from: ReplicaId; readonly message: DeliveryMessage }
  /** A document that was exchanged because mail for it could not be stored is equal with `peer` now. */
  | { readonly type: 'mended'; readonly peer: ReplicaId; readonly key: DocumentKey }
  | AnsweredEvent<IncomingMailToken>;

export type IncomingMailNotice =
  | {
      readonly type: 'mailReceived';
      readonly peer: ReplicaId;
      readonly changes: number;
      readonly novel: number;
    }
  | ChangeRefusedNotice;

/** A peer's change was not stored. */
export interface ChangeRefusedNotice {
  readonly type: 'changeRefused';
  readonly peer: ReplicaId;
  readonly key: DocumentKey;
  readonly error: ReceiveError;
}

export type IncomingMailEffect =
  | SendEffect<ReceiptMessage>
  | AskEffect<IncomingMailToken>
  /** Make these documents equal with `peer`: what it sent builds on something unknown here. */
  | {
      readonly type: 'exchange';
      readonly peer: ReplicaId;
      readonly keys: readonly DocumentKey[];
      readonly mode: 'push-pull';
    }
  | { readonly type: 'close'; readonly peer: ReplicaId; readonly code: CloseCode; readonly reason: string }
  /** New here: news for those who do not get mail. */
  | { readonly type: 'found'; readonly from: ReplicaId; readonly changes: readonly DocumentChange[] }
  | NoticeEffect<IncomingMailNotice>;

interface Pending {
  readonly message: DeliveryMessage;
  readonly bytes: number;
  isDone: boolean;
}

/** What one peer has mailed over its present link. */
interface Inbox {
  readonly link: number;
  readonly pending: Map<number, Pending>;
  pendingBytes: number;
  /** Deliveries that have come. */
  received: number;
  through: number;
  readonly missing: MissingMail;
}

/** Stores what peers mail and tells them, in order, what is safe on disk. */
export class IncomingMail implements Machine<IncomingMailEvent, IncomingMailEffect> {
  readonly #config: MailConfig;
  readonly #inboxes = new Map<ReplicaId, Inbox>();
  #links = 0;

  constructor(config: MailConfig) {
    this.#config = config;
  }

  handle(event: IncomingMailEvent, _now: number): readonly IncomingMailEffect[] {
    switch (event.type) {
      case 'linkUp':
        this.#inboxes.set(event.peer, emptyInbox(++this.#links));
        return [];
      case 'linkDown':
        this.#inboxes.delete(event.peer);
        return [];
      case 'message':
        return this.#onDelivery(event.from, event.message);
      case 'mended':
        return this.#onMended(event.peer, event.key);
      case 'answered':
        return this.#onAnswered(event);
    }
  }

  #onDelivery(from: ReplicaId, message: DeliveryMessage): readonly IncomingMailEffect[] {
    const inbox = this.#inboxes.get(from);
    if (inbox === undefined) return [];
    const bytes = message.entries.reduce((sum, { change }) => sum + changeBytes(change), 0);
    if (inbox.pendingBytes > this.#config.maxPendingBytes) {
      const reason = 'mail beyond the window';
      return [{ type: 'close', peer: from, code: closeCodes.flooding, reason }];
    }
    // A frame that came twice, on a network that does such things.
    if (message.number <= inbox.received) return [];
    if (message.number > inbox.received + 1) {
      return [{ type: 'close', peer: from, code: closeCodes.damagedMessage, reason: 'mail is missing' }];
    }
    const delivery = ++inbox.received;
    inbox.pending.set(delivery, { message, bytes, isDone: false });
    inbox.pendingBytes += bytes;
    const changes = message.entries.map((entry) => entry.change);
    return [
      {
        type: 'ask',
        request: { call: 'receive', changes, from },
        token: { peer: from, link: inbox.link, delivery },
      },
    ];
  }

  #onAnswered({ token, answer }: AnsweredEvent<IncomingMailToken>): readonly IncomingMailEffect[] {
    const { peer, link, delivery } = token;
    const inbox = this.#inboxes.get(peer);
    const pending = inbox?.pending.get(delivery);
    if (answer.call !== 'receive' || inbox === undefined || pending === undefined || inbox.link !== link)
      return [];
    const effects: IncomingMailEffect[] = [];
    const exchange = new Set<DocumentKey>();
    const novel: DocumentChange[] = [];
    for (const [index, { sequence, change }] of pending.message.entries.entries()) {
      const outcome = answer.value[index];
      if (outcome === undefined) continue;
      if (outcome.ok) {
        if (outcome.value.novel) novel.push(change);
        continue;
      }
      const key = documentKey(change.id);
      effects.push({ type: 'notice', notice: { type: 'changeRefused', peer, key, error: outcome.error } });
      inbox.missing.add(sequence, key);
      if (isMendable(outcome.error)) exchange.add(key);
    }
    if (exchange.size > 0) effects.push({ type: 'exchange', peer, keys: [...exchange], mode: 'push-pull' });
    if (novel.length > 0) effects.push({ type: 'found', from: peer, changes: novel });
    const changes = pending.message.entries.length;
    effects.push({ type: 'notice', notice: { type: 'mailReceived', peer, changes, novel: novel.length } });
    pending.isDone = true;
    inbox.pendingBytes -= pending.bytes;
    return settle(inbox) ? [...effects, receipt(peer, inbox)] : effects;
  }

  #onMended(peer: ReplicaId, key: DocumentKey): readonly IncomingMailEffect[] {
    const inbox = this.#inboxes.get(peer);
    return inbox?.missing.mended(key) ? [receipt(peer, inbox)] : [];
  }
}

function emptyInbox(link: number): Inbox {
  return { link, pending: new Map(), pendingBytes: 0, received: 0, through: 0, missing: new MissingMail() };
}

/** Moves `through` over deliveries that are done, in order. False when the first one is not. */
function settle(inbox: Inbox): boolean {
  let isMoved = false;
  for (const [delivery, { message, isDone }] of inbox.pending) {
    if (!isDone) break;
    inbox.pending.delete(delivery);
    inbox.through = Math.max(inbox.through, message.through);
    isMoved = true;
  }
  return isMoved;
}

function receipt(to: ReplicaId, { through, missing }: Inbox): IncomingMailEffect {
  const { sequences: except, unsure } = missing;
  return { type: 'send', to, message: { type: 'receipt', through, except, unsure } };
}
