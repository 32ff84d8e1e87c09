import type { RecentPage } from '../../ports.ts';
import type { ReplicaAnswer } from '../requests.ts';
import type { RepairAnswer } from './messages.ts';
import type { ToldDigests } from './recent-pull.ts';
import type { Rung, RungEffect } from './rung.ts';

export interface RecentPushDeps {
  readonly session: number;
  readonly after: number;
  readonly pageEntries: number;
  readonly told: ToldDigests;
  /** Everything up to `cursor` in the feed here is settled. */
  covered(cursor: number): void;
}

/** Rung 1, second half: tells the peer what changed here, except what it has told itself. */
export class RecentPush implements Rung {
  readonly #deps: RecentPushDeps;
  #after: number;
  #page: RecentPage | null = null;
  #isExchanging = false;

  constructor(deps: RecentPushDeps) {
    this.#deps = deps;
    this.#after = deps.after;
  }

  begin(): readonly RungEffect[] {
    const { pageEntries: maxEntries } = this.#deps;
    return [{ type: 'ask', request: { call: 'recent', after: this.#after, maxEntries } }];
  }

  answered(answer: ReplicaAnswer): readonly RungEffect[] {
    if (answer.call !== 'recent') return [];
    this.#page = answer.value;
    const { session, told } = this.#deps;
    const entries = answer.value.entries.filter(
      ({ key, digest }) => !told.has(key) || told.get(key) !== digest,
    );
    if (entries.length === 0) return this.#finishPage();
    return [{ type: 'send', message: { type: 'offer', session, entries } }];
  }

  message(message: RepairAnswer): readonly RungEffect[] {
    if (message.type !== 'offerAnswer' || this.#page === null) return [];
    const offered = new Set(this.#page.entries.map((entry) => entry.key));
    if (!message.differing.every((key) => offered.has(key))) {
      return [{ type: 'abort', reason: 'it wants what was not offered' }];
    }
    if (message.differing.length === 0) return this.#finishPage();
    this.#isExchanging = true;
    return [{ type: 'exchange', keys: message.differing }];
  }

  pending(count: number): readonly RungEffect[] {
    return this.#isExchanging && count === 0 ? this.#finishPage() : [];
  }

  #finishPage(): readonly RungEffect[] {
    const page = this.#page;
    if (page === null) return [];
    this.#page = null;
    this.#isExchanging = false;
    const { session, covered } = this.#deps;
    const effects: RungEffect[] = [];
    if (page.cursor > this.#after) {
      effects.push({ type: 'send', message: { type: 'settled', session, cursor: page.cursor } });
    }
    this.#after = page.cursor;
    covered(page.cursor);
    effects.push(...(page.complete ? [{ type: 'done' } as const] : this.begin()));
    return effects;
  }
}
