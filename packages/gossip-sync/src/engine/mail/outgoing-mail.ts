import type { ReplicaId } from '@hearsay/core';
import type { OutboxEntry, OutboxPage } from '../../ports.ts';
import type { Machine, NoticeEffect, SendEffect, WakeEffect } from '../machine.ts';
import type { AnsweredEvent, AskEffect } from '../requests.ts';
import type { Topology } from '../topology.ts';
import type { MailConfig } from './config.ts';
import { packDeliveries } from './deliveries.ts';
import { Mailbox } from './mailbox.ts';
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

export interface OutgoingMailDeps {
  readonly config: MailConfig;
  readonly topology: Topology;
}

/**
 * Direct mail: every committed change goes to every linked peer that does not hear it from somebody else. A peer's
 * queue is a cursor into the outbox. While a peer keeps up, changes go from memory as they are committed; when it does
 * not, nothing is queued here, and it is served from the outbox once it has acknowledged.
 */
export class OutgoingMail implements Machine<OutgoingMailEvent, OutgoingMailEffect> {
  readonly #config: MailConfig;
  readonly #topology: Topology;
  readonly #boxes = new Map<ReplicaId, Mailbox>();
  #head = 0;
  #isEnabled = true;
  #isSaving = false;
  #effects: OutgoingMailEffect[] = [];

  constructor({ config, topology }: OutgoingMailDeps) {
    this.#config = config;
    this.#topology = topology;
  }

  /** The last sequence of the outbox that is known here. */
  get head(): number {
    return this.#head;
  }

  get boxes(): ReadonlyMap<ReplicaId, Mailbox> {
    return this.#boxes;
  }

  /** Peers that have synced the own change `sequence` to disk. */
  durableOn(sequence: number): ReplicaId[] {
    return [...this.#boxes].filter(([, box]) => box.isDurable(sequence)).map(([peer]) => peer);
  }

  /** Peers that have synced everything to disk that was committed here up to `sequence`. */
  holdersOfAll(sequence: number): ReplicaId[] {
    return [...this.#boxes].filter(([, box]) => box.holdsAll(sequence)).map(([peer]) => peer);
  }

  /** Whether mail from before the link came up is still on its way: repair would send it twice. */
  isResuming(peer: ReplicaId): boolean {
    return this.#isEnabled && (this.#boxes.get(peer)?.isResuming ?? false);
  }

  handle(event: OutgoingMailEvent, _now: number): readonly OutgoingMailEffect[] {
    this.#effects = [];
    switch (event.type) {
      case 'started':
        this.#head = Math.max(this.#head, event.outboxHead);
        break;
      case 'linkUp':
        if (this.#isEnabled) this.#boxOf(event.peer).link();
        break;
      case 'neighboursHeard':
        this.#open(event.peer);
        break;
      case 'linkDown':
        this.#boxes.get(event.peer)?.unlink();
        break;
      case 'congested':
      case 'drained':
        this.#onFlow(event.peer, event.type === 'congested');
        break;
      case 'committed':
        this.#onCommitted(event.entries);
        break;
      case 'message':
        this.#onReceipt(event.from, event.message);
        break;
      case 'timer':
        this.#isSaving = false;
        this.#save();
        break;
      case 'proven':
        this.#onProven(event.peer, event.head);
        break;
      case 'enabled':
        this.#onEnabled(event.isEnabled);
        break;
      case 'stopping':
        this.#save();
        break;
      case 'answered':
        this.#onAnswered(event);
        break;
    }
    return this.#effects;
  }

  /** Mail that begins anew begins with what is new: whatever came meanwhile went another way. */
  #onEnabled(isEnabled: boolean): void {
    if (this.#isEnabled === isEnabled) return;
    this.#isEnabled = isEnabled;
    for (const box of this.#boxes.values()) {
      if (isEnabled) box.skipTo(this.#head);
      else box.unlink();
    }
    if (isEnabled) {
      for (const peer of this.#topology.linked) {
        this.#boxOf(peer).link();
        this.#open(peer);
      }
    }
    this.#saveSoon();
  }

  /** Reads where the peer was left; mail flows when that is known. */
  #open(peer: ReplicaId): void {
    const box = this.#boxes.get(peer);
    if (!this.#isEnabled || box === undefined || box.isOpen) return;
    box.isOpen = true;
    this.#effects.push({
      type: 'ask',
      request: { call: 'mailCursor', peer },
      token: { step: 'cursor', peer, link: box.links },
    });
  }

  #boxOf(peer: ReplicaId): Mailbox {
    const box = this.#boxes.get(peer) ?? new Mailbox();
    this.#boxes.set(peer, box);
    return box;
  }

  #onFlow(peer: ReplicaId, isCongested: boolean): void {
    const box = this.#boxes.get(peer);
    if (box === undefined) return;
    box.isCongested = isCongested;
    if (!isCongested) this.#read(peer, box);
  }

  #onAnswered({ token, answer }: AnsweredEvent<OutgoingMailToken>): void {
    if (token.step === 'saved') return;
    const box = this.#boxes.get(token.peer);
    if (box === undefined || !box.isCurrent(token.link)) return;
    if (answer.call === 'mailCursor') {
      box.resume(answer.value, this.#head);
      if (answer.value === undefined) this.#saveSoon();
      this.#read(token.peer, box);
    } else if (answer.call === 'outbox') {
      this.#onPage(token.peer, box, answer.value);
    }
  }

  #onPage(peer: ReplicaId, box: Mailbox, page: OutboxPage): void {
    box.isReading = false;
    this.#head = Math.max(this.#head, page.cursor);
    if (page.dropped > 0) {
      box.dropped((page.entries[0]?.sequence ?? page.cursor + 1) - 1);
      this.#effects.push({
        type: 'notice',
        notice: { type: 'mailDropped', peer, count: page.dropped },
      });
    }
    this.#mail(peer, box, page.entries, page.cursor);
    this.#read(peer, box);
  }

  #onCommitted(entries: readonly OutboxEntry[]): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    const previous = this.#head;
    this.#head = Math.max(previous, last.sequence);
    for (const peer of this.#topology.linked) {
      const box = this.#boxes.get(peer);
      if (box === undefined || !this.#mayMail(box)) continue;
      // A peer that has been told all before these hears of them at once; another one through the outbox.
      if (box.sent >= previous) this.#mail(peer, box, entries, this.#head);
      else this.#read(peer, box);
    }
  }

  #onReceipt(peer: ReplicaId, { through, except, unsure }: ReceiptMessage): void {
    const box = this.#boxes.get(peer);
    // Beyond what was sent it can only be a lie.
    if (box === undefined || !box.isReady || through > box.sent) return;
    box.dropped(unsure);
    box.acknowledged(through, except);
    this.#effects.push({
      type: 'notice',
      notice: { type: 'mailAcknowledged', peer, sequence: box.acked, except },
    });
    this.#saveSoon();
    this.#read(peer, box);
  }

  #onProven(peer: ReplicaId, head: number): void {
    if (!this.#boxOf(peer).proven(head)) return;
    this.#effects.push({
      type: 'notice',
      notice: { type: 'mailAcknowledged', peer, sequence: head, except: [] },
    });
  }

  /** Sends those of `entries` that are for `peer`; afterwards it has been told everything up to `through`. */
  #mail(peer: ReplicaId, box: Mailbox, entries: readonly OutboxEntry[], through: number): void {
    const wanted = entries.filter((entry) => entry.sequence > box.sent && this.#isFor(peer, entry));
    for (const { message, bytes } of packDeliveries(wanted, through, this.#config)) {
      const number = box.delivered(message.through, bytes);
      this.#effects.push({ type: 'send', to: peer, message: { ...message, number } });
    }
    if (wanted.length === 0 && box.skipped(through)) this.#saveSoon();
  }

  /** Never back to where it came from, nor to whoever hears it from there. */
  #isFor(peer: ReplicaId, { from }: OutboxEntry): boolean {
    return from === null || (from !== peer && !this.#topology.isLinked(peer, from));
  }

  #read(peer: ReplicaId, box: Mailbox): void {
    if (!this.#mayMail(box) || box.sent >= this.#head) return;
    box.isReading = true;
    this.#effects.push({
      type: 'ask',
      request: { call: 'outbox', after: box.sent, maxBytes: this.#config.batchBytes },
      token: { step: 'page', peer, link: box.links },
    });
  }

  #mayMail(box: Mailbox): boolean {
    return box.isReady && !box.isReading && !box.isCongested && box.unackedBytes < this.#config.windowBytes;
  }

  #saveSoon(): void {
    if (this.#isSaving) return;
    this.#isSaving = true;
    this.#effects.push({ type: 'wake', afterMs: this.#config.cursorDelayMs, timer: null });
  }

  #save(): void {
    for (const [peer, box] of this.#boxes) {
      if (!box.isReady || box.saved === box.acked) continue;
      box.saved = box.acked;
      this.#effects.push({
        type: 'ask',
        request: { call: 'setMailCursor', peer, cursor: box.acked },
        token: { step: 'saved' },
      });
    }
  }
}
