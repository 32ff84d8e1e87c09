import { type DocumentKey, documentKey, limits, type ReplicaId } from '@hearsay/core';
import type { DocumentChange, ReceiveError, ReceiveOutcome } from '../../ports.ts';
import { changeBytes, isMendable, piecesOf } from '../changes.ts';
import type { Machine, NoticeEffect, SendEffect, WakeEffect } from '../machine.ts';
import type { AnsweredEvent, AskEffect } from '../requests.ts';
import type { RumourEffect, RumourEvent, RumourNotice, RumourTimer, StoredRumour } from '../rumour/events.ts';
import type { Rumour, RumourId, RumourMessage } from '../rumour/messages.ts';
import type { RumourMachine } from '../rumour/rumour-machine.ts';
import type { SpreadingConfig } from './config.ts';
import type { SpreadMessage } from './messages.ts';
import { Payloads, rumourIdOf } from './payloads.ts';

export interface SpreadingToken {
  readonly from: ReplicaId;
  readonly ids: readonly RumourId[];
}

export type SpreadingEvent =
  | { readonly type: 'started' }
  /** Changes that did not come as rumours: of clients here, or by mail or repair from a peer. */
  | { readonly type: 'news'; readonly changes: readonly DocumentChange[]; readonly from: ReplicaId | null }
  | { readonly type: 'message'; readonly from: ReplicaId; readonly message: SpreadMessage }
  | { readonly type: 'linkDown'; readonly peer: ReplicaId }
  | { readonly type: 'timer'; readonly timer: RumourTimer }
  | AnsweredEvent<SpreadingToken>;

export type SpreadingNotice =
  | RumourNotice
  | {
      readonly type: 'rumoursReceived';
      readonly peer: ReplicaId;
      readonly changes: number;
      readonly novel: number;
    }
  | {
      readonly type: 'changeRefused';
      readonly peer: ReplicaId;
      readonly key: DocumentKey;
      readonly error: ReceiveError;
    };

export type SpreadingEffect =
  | SendEffect<SpreadMessage>
  | AskEffect<SpreadingToken>
  | WakeEffect<RumourTimer>
  /** Make these documents equal with the peer: what it told builds on something unknown here. */
  | {
      readonly type: 'exchange';
      readonly peer: ReplicaId;
      readonly keys: readonly DocumentKey[];
      readonly mode: 'push-pull';
    }
  | NoticeEffect<SpreadingNotice>;

/** Rumours with their payloads: the rumour machine decides who hears of what, this one what that is. */
export class Spreading implements Machine<SpreadingEvent, SpreadingEffect> {
  readonly #rumours: RumourMachine;
  readonly #payloads: Payloads;
  /** Payloads that came with the message at hand. */
  #arrived: ReadonlyMap<RumourId, DocumentChange> = new Map();
  #effects: SpreadingEffect[] = [];
  #isStarted = false;

  constructor(config: SpreadingConfig, rumours: RumourMachine) {
    this.#rumours = rumours;
    this.#payloads = new Payloads(config.maxPayloadBytes);
  }

  get hotCount(): number {
    return this.#rumours.hotCount;
  }

  handle(event: SpreadingEvent, now: number): readonly SpreadingEffect[] {
    this.#effects = [];
    switch (event.type) {
      case 'started':
        if (!this.#isStarted) this.#run({ type: 'start' }, now);
        this.#isStarted = true;
        break;
      case 'news':
        for (const change of event.changes) {
          for (const piece of piecesOf(change, maxPieceBytes)) this.#heat(piece, event.from, now);
        }
        break;
      case 'message':
        this.#onMessage(event.from, event.message, now);
        break;
      case 'linkDown':
        this.#run({ type: 'peerGone', peer: event.peer }, now);
        break;
      case 'timer':
        this.#run(event, now);
        break;
      case 'answered':
        if (event.answer.call === 'receive') this.#onStored(event.token, event.answer.value, now);
        break;
    }
    return this.#effects;
  }

  #heat(change: DocumentChange, from: ReplicaId | null, now: number): void {
    const id = rumourIdOf(change);
    const sizeBytes = changeBytes(change);
    this.#keep(id, change, now);
    this.#run({ type: 'hot', rumour: { id, sizeBytes }, from }, now);
  }

  #onMessage(from: ReplicaId, message: SpreadMessage, now: number): void {
    if ('payloads' in message) {
      const ids = message.type === 'payload' ? message.ids : message.carried.map((mark) => mark.id);
      // Named by their bytes, not by what the sender calls them.
      const payloads = new Map(message.payloads.map((change) => [rumourIdOf(change), change]));
      if (ids.length !== payloads.size || !ids.every((id) => payloads.has(id))) return;
      this.#arrived = payloads;
    }
    this.#run({ type: 'message', from, message }, now);
    this.#arrived = new Map();
  }

  #onStored({ from, ids }: SpreadingToken, outcomes: readonly ReceiveOutcome[], now: number): void {
    const stored: StoredRumour[] = [];
    const exchange = new Set<DocumentKey>();
    for (const [index, id] of ids.entries()) {
      const outcome = outcomes[index];
      const change = this.#payloads.get(id);
      if (outcome === undefined) continue;
      if (outcome.ok) {
        stored.push({ id, outcome: outcome.value.novel ? 'novel' : 'known' });
        continue;
      }
      stored.push({ id, outcome: 'refused' });
      if (change === undefined) continue;
      const key = documentKey(change.id);
      const notice = { type: 'changeRefused', peer: from, key, error: outcome.error } as const;
      this.#effects.push({ type: 'notice', notice });
      if (isMendable(outcome.error)) exchange.add(key);
    }
    const novel = stored.filter(({ outcome }) => outcome === 'novel').length;
    const notice = { type: 'rumoursReceived', peer: from, changes: ids.length, novel } as const;
    this.#effects.push({ type: 'notice', notice });
    if (exchange.size > 0) {
      this.#effects.push({ type: 'exchange', peer: from, keys: [...exchange], mode: 'push-pull' });
    }
    this.#run({ type: 'stored', from, outcomes: stored }, now);
  }

  #run(event: RumourEvent, now: number): void {
    for (const effect of this.#rumours.handle(event, now)) this.#take(effect, now);
  }

  #take(effect: RumourEffect, now: number): void {
    switch (effect.type) {
      case 'send':
        for (const message of this.#loaded(effect.message)) {
          this.#effects.push({ type: 'send', to: effect.to, message });
        }
        break;
      case 'store':
        this.#store(effect.from, effect.rumours, now);
        break;
      default:
        this.#effects.push(effect);
        break;
    }
  }

  #store(from: ReplicaId, rumours: readonly Rumour[], now: number): void {
    const ids: RumourId[] = [];
    const changes: DocumentChange[] = [];
    for (const { id } of rumours) {
      const change = this.#arrived.get(id);
      if (change === undefined) continue;
      ids.push(id);
      changes.push(change);
      this.#keep(id, change, now);
    }
    this.#effects.push({ type: 'ask', request: { call: 'receive', changes, from }, token: { from, ids } });
  }

  /** Attaches payloads; what is no longer here is left out. Answers to a request may take several messages. */
  #loaded(message: RumourMessage): readonly SpreadMessage[] {
    switch (message.type) {
      case 'gossip':
      case 'answer': {
        const carried = message.carried.filter((mark) => this.#payloads.get(mark.id) !== undefined);
        const payloads = carried.flatMap((mark) => this.#payloads.get(mark.id) ?? []);
        return [{ ...message, carried, payloads }];
      }
      case 'payload':
        return this.#inMessages(message.ids);
      default:
        return [message];
    }
  }

  #inMessages(ids: readonly RumourId[]): SpreadMessage[] {
    const messages: { type: 'payload'; ids: RumourId[]; payloads: DocumentChange[] }[] = [];
    let leftBytes = 0;
    for (const id of ids) {
      const change = this.#payloads.get(id);
      if (change === undefined) continue;
      leftBytes -= changeBytes(change);
      if (messages.length === 0 || leftBytes < 0) {
        messages.push({ type: 'payload', ids: [], payloads: [] });
        leftBytes = maxMessageBytes - changeBytes(change);
      }
      messages.at(-1)?.ids.push(id);
      messages.at(-1)?.payloads.push(change);
    }
    return messages;
  }

  #keep(id: RumourId, change: DocumentChange, now: number): void {
    for (const gone of this.#payloads.put(id, change, changeBytes(change))) {
      this.#run({ type: 'withdrawn', id: gone }, now);
    }
  }
}

/** A larger update spreads in pieces. */
const maxPieceBytes = limits.peerMessageBytes / 4;
const maxMessageBytes = limits.peerMessageBytes / 8;
