import type { Digest, DocumentKey, ReplicaId } from '@hearsay/core';
import type { ReplicaAnswer } from '../requests.ts';
import type { RecentMessage, RepairAnswer } from './messages.ts';
import type { Rung, RungEffect } from './rung.ts';

/** What a peer has told of its documents in this session: not to be told back. */
export type ToldDigests = Map<DocumentKey, Digest | null>;

export interface RecentPullDeps {
  readonly session: number;
  readonly peer: ReplicaId;
  readonly after: number;
  readonly pageEntries: number;
  readonly told: ToldDigests;
  /** Everything up to `cursor` in the peer's feed is settled. */
  covered(cursor: number): void;
}

/** Rung 1, first half: reads the peer's change feed page by page and settles what differs before the next. */
export class RecentPull implements Rung {
  readonly #deps: RecentPullDeps;
  #after: number;
  #page: RecentMessage | null = null;
  #isExchanging = false;

  constructor(deps: RecentPullDeps) {
    this.#deps = deps;
    this.#after = deps.after;
  }

  begin(): readonly RungEffect[] {
    const { session, pageEntries: maxEntries } = this.#deps;
    return [{ type: 'send', message: { type: 'recentRequest', session, after: this.#after, maxEntries } }];
  }

  message(message: RepairAnswer): readonly RungEffect[] {
    if (message.type !== 'recent' || this.#page !== null) return [];
    const isProgress = message.complete ? message.cursor >= this.#after : message.cursor > this.#after;
    if (!isProgress) return [{ type: 'abort', reason: 'its change feed does not advance' }];
    this.#page = message;
    const { told } = this.#deps;
    for (const { key, digest } of message.entries) if (told.size < maxTold) told.set(key, digest);
    if (message.entries.length === 0) return this.#finishPage();
    return [{ type: 'ask', request: { call: 'differing', entries: message.entries } }];
  }

  answered(answer: ReplicaAnswer): readonly RungEffect[] {
    if (answer.call !== 'differing') return [];
    if (answer.value.length === 0) return this.#finishPage();
    this.#isExchanging = true;
    return [{ type: 'exchange', keys: answer.value }];
  }

  pending(count: number): readonly RungEffect[] {
    return this.#isExchanging && count === 0 ? this.#finishPage() : [];
  }

  #finishPage(): readonly RungEffect[] {
    const page = this.#page;
    if (page === null) return [];
    this.#page = null;
    this.#isExchanging = false;
    const effects: RungEffect[] = [];
    const { peer, covered } = this.#deps;
    if (page.cursor > this.#after) {
      effects.push({ type: 'ask', request: { call: 'setPeerCursor', peer, cursor: page.cursor } });
    }
    this.#after = page.cursor;
    covered(page.cursor);
    effects.push(...(page.complete ? [{ type: 'done' } as const] : this.begin()));
    return effects;
  }
}

/** Entries kept from being told back; beyond, telling back costs 32 bytes each. */
const maxTold = 65_536;
