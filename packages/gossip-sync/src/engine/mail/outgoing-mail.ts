import type { ReplicaId } from '@hearsay/core';
import type { OutboxEntry, OutboxPage } from '../../ports.ts';
import { changeBytes } from '../changes.ts';
import type { Machine } from '../machine.ts';
import type { AnsweredEvent } from '../requests.ts';
import type { Topology } from '../topology.ts';
import type { MailConfig } from './config.ts';
import { packDeliveries } from './deliveries.ts';
import { Mailbox } from './mailbox.ts';
import type { ReceiptMessage } from './messages.ts';
import type { OutgoingMailEffect, OutgoingMailEvent, OutgoingMailToken } from './outgoing-events.ts';

export interface OutgoingMailDeps {
  readonly config: MailConfig;
  readonly topology: Topology;
}

/**
 * Direct mail: every committed change goes to every linked peer that does not hear it from somebody else. A peer's
 * queue is a cursor into the outbox. While a peer keeps up, changes go from memory as they are committed; when it does
 * not, nothing is queued here, and it is served from the outbox once it has acknowledged. Before a peer that was away has
 * been sent what was kept for it, small changes that are new go to it at once, and once more in their turn.
 */
export class OutgoingMail implements Machine<OutgoingMailEvent, OutgoingMailEffect> {
  readonly #config: MailConfig;
  readonly #topology: Topology;
  readonly #boxes = new Map<ReplicaId, Mailbox>();
  #now = 0;
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

  handle(event: OutgoingMailEvent, now: number): readonly OutgoingMailEffect[] {
    this.#effects = [];
    this.#now = now;
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
      if (box === undefined) continue;
      if (box.isCatchingUp) this.#copy(peer, box, entries);
      if (!this.#mayMail(box)) continue;
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
    box.acknowledged(through, except, this.#now);
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
      const number = box.delivered(message.through, bytes, this.#now);
      this.#effects.push({ type: 'send', to: peer, message: { ...message, number } });
    }
    if (wanted.length === 0 && box.skipped(through)) this.#saveSoon();
  }

  /** What is new passes what was kept. It comes in its turn too, and no receipt is moved by this: it is not the turn's. */
  #copy(peer: ReplicaId, box: Mailbox, entries: readonly OutboxEntry[]): void {
    if (!box.isReady || box.isCongested) return;
    const small = entries.filter(
      (entry) => changeBytes(entry.change) <= maxCopiedBytes && this.#isFor(peer, entry),
    );
    const config = { ...this.#config, batchBytes: maxCopiedBytes };
    for (const { message, bytes } of packDeliveries(small, box.sent, config)) {
      if (box.copiedBytes + bytes > maxCopiedBytes) return;
      const number = box.copied(bytes);
      this.#effects.push({ type: 'send', to: peer, message: { ...message, through: box.sent, number } });
    }
  }

  /** Never back to where it came from, nor to whoever hears it from there. */
  #isFor(peer: ReplicaId, { from }: OutboxEntry): boolean {
    return from === null || (from !== peer && !this.#topology.isLinked(peer, from));
  }

  #read(peer: ReplicaId, box: Mailbox): void {
    if (box.sent >= this.#head) box.isCatchingUp = false;
    if (!this.#mayMail(box) || box.sent >= this.#head) return;
    box.isReading = true;
    const { batchBytes } = this.#config;
    const maxBytes = box.isCatchingUp ? Math.min(batchBytes, box.keptWindow.pageBytes) : batchBytes;
    this.#effects.push({
      type: 'ask',
      request: { call: 'outbox', after: box.sent, maxBytes },
      token: { step: 'page', peer, link: box.links },
    });
  }

  #mayMail(box: Mailbox): boolean {
    if (!box.isReady || box.isReading || box.isCongested) return false;
    if (box.isCatchingUp && box.unackedBytes > box.keptWindow.pageBytes) return false;
    return box.unackedBytes < this.#config.windowBytes;
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

/** Between two receipts, of what passes what was kept: half of a thin line at most. */
const maxCopiedBytes = 16_384;
