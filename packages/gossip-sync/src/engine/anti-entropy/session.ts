import type { DocumentKey, ReplicaId } from '@hearsay/core';
import type { ExchangeResult } from '../documents/events.ts';
import type { ReplicaAnswer, Summary } from '../requests.ts';
import { combinedRoot, totalCount } from './combined-root.ts';
import type { RepairConfig } from './config.ts';
import type { DiffersMessage, EqualMessage, RepairAnswer } from './messages.ts';
import { type FeedStart, planRepair } from './plan.ts';
import { RecentPull, type ToldDigests } from './recent-pull.ts';
import { RecentPush } from './recent-push.ts';
import type { Rung, RungEffect } from './rung.ts';
import { TreeWalk } from './tree-walk.ts';

/**
 * How a session ended. `equal`: proven by the roots. `done`: as far as its one-way mode goes. `writes`: the rest is what
 * is being written meanwhile. `unproven`: different, with nothing left to do in this session. `mismatch`: different
 * while nothing was written and there was nothing to exchange. `busy`: the peer asked to come back. `aborted`: the link,
 * the peer or the time given did not hold.
 */
export type RepairOutcome = 'equal' | 'done' | 'writes' | 'unproven' | 'mismatch' | 'busy' | 'aborted';

export type SessionEffect =
  | Exclude<RungEffect, { type: 'done' | 'abort' }>
  /** The roots differ: documents of each side. */
  | { readonly type: 'differs'; readonly mine: number; readonly theirs: number }
  | { readonly type: 'ended'; readonly outcome: RepairOutcome; readonly reason: string | null };

export interface SessionDeps {
  readonly id: number;
  readonly peer: ReplicaId;
  readonly config: RepairConfig;
  /** Documents that an earlier session could not settle. */
  readonly unsettled: readonly DocumentKey[];
  /** Whether a walk may be made when rung 1 leaves a difference. */
  readonly mayWalk: boolean;
  /** Whether a walk is due although writes do not pause. */
  readonly mustWalk: boolean;
}

/** One anti-entropy exchange, as the one who started it: compare, climb the ladder, compare again. */
export class RepairSession {
  readonly id: number;
  readonly #deps: SessionDeps;
  readonly #told: ToldDigests = new Map();
  readonly #pending = new Set<DocumentKey>();
  /** Documents that could not be settled. */
  readonly failed: Set<DocumentKey> = new Set();
  #summary: Summary | null = null;
  #rungs: Rung[] = [];
  #hasAnswer = false;
  /** One of the feeds was too long to be read. */
  #needsWalk = false;
  #round = 0;
  #walks = 0;
  #moved = 0;
  #movedAtWalk = 0;
  /** Feed positions up to which each side is known to the other by this session. */
  #mineCovered = 0;
  #theirsCovered = 0;

  constructor(deps: SessionDeps) {
    this.id = deps.id;
    this.#deps = deps;
  }

  /** Nothing has come back yet: another session with the peer may take its place. */
  get isComparing(): boolean {
    return !this.#hasAnswer;
  }

  get walked(): boolean {
    return this.#walks > 0;
  }

  get rounds(): number {
    return this.#round;
  }

  /** Documents of which something went over, either way. */
  get moved(): number {
    return this.#moved;
  }

  start(): readonly SessionEffect[] {
    const { peer, unsettled } = this.#deps;
    const effects: SessionEffect[] = [{ type: 'ask', request: { call: 'summary', peer } }];
    if (unsettled.length > 0) effects.push(...this.#run([{ type: 'exchange', keys: unsettled }]));
    return effects;
  }

  message(message: RepairAnswer): readonly SessionEffect[] {
    this.#hasAnswer = true;
    if (message.type === 'busy') return [{ type: 'ended', outcome: 'busy', reason: null }];
    const rung = this.#rungs[0];
    if (rung !== undefined) return this.#run(rung.message(message));
    const summary = this.#summary;
    if (summary === null) return [];
    if (message.type === 'equal') return this.#onEqual(summary, message);
    if (message.type !== 'differs') return [];
    const counts = { type: 'differs', mine: totalCount(summary.roots), theirs: message.count } as const;
    return [counts, ...this.#onDiffers(summary, message)];
  }

  answered(answer: ReplicaAnswer): readonly SessionEffect[] {
    const rung = this.#rungs[0];
    if (rung !== undefined) return this.#run(rung.answered(answer));
    if (answer.call !== 'summary') return [];
    this.#summary = answer.value;
    const { head, roots } = answer.value;
    const message = { type: 'compare', session: this.id, root: combinedRoot(roots), head } as const;
    return [{ type: 'send', message }];
  }

  settled(key: DocumentKey, result: ExchangeResult): readonly SessionEffect[] {
    if (!this.#pending.delete(key)) return [];
    if (result === 'moved') this.#moved++;
    if (result === 'failed') this.failed.add(key);
    else this.failed.delete(key);
    return this.#run(this.#rungs[0]?.pending(this.#pending.size) ?? []);
  }

  #onEqual({ cursor, head }: Summary, message: EqualMessage): readonly SessionEffect[] {
    const effects: SessionEffect[] = [];
    const { peer } = this.#deps;
    this.#mineCovered = head;
    if (message.head !== cursor) {
      effects.push({ type: 'ask', request: { call: 'setPeerCursor', peer, cursor: message.head } });
    }
    return [...effects, { type: 'ended', outcome: 'equal', reason: null }];
  }

  #onDiffers(summary: Summary, theirs: DiffersMessage): readonly SessionEffect[] {
    const { mode, maxRounds } = this.#deps.config;
    const isFirst = this.#round === 0;
    const isQuiet = !isFirst && summary.head === this.#mineCovered && theirs.head === this.#theirsCovered;
    this.#round++;
    if (!isFirst && mode !== 'push-pull') return ended('done');
    if (this.#needsWalk && !isFirst) return this.#walk(summary, theirs);
    if (isQuiet) return this.#onHiddenDifference(summary, theirs);
    if (this.#round > maxRounds) {
      if (this.#deps.mustWalk && !this.walked) return this.#walk(summary, theirs);
      return ended('writes');
    }
    return isFirst ? this.#firstRound(summary, theirs) : this.#nextRound();
  }

  #firstRound(summary: Summary, theirs: DiffersMessage): readonly SessionEffect[] {
    const { mode, maxRecentEntries } = this.#deps.config;
    const mine = { head: summary.head, count: totalCount(summary.roots), cursor: summary.cursor };
    const { pullAfter, pushAfter } = planRepair(mine, theirs, mode, maxRecentEntries);
    this.#needsWalk = pullAfter === 'walk' || pushAfter === 'walk';
    const isReadable = typeof pullAfter === 'number' || typeof pushAfter === 'number';
    return isReadable ? this.#climb(pullAfter, pushAfter) : this.#walk(summary, theirs);
  }

  /** What was exchanged or written in the round before is at the ends of the feeds. */
  #nextRound(): readonly SessionEffect[] {
    return this.#climb(this.#theirsCovered, this.#mineCovered);
  }

  /** Nothing was written, both feeds are known to the end, and yet the stores differ: older than any feed. */
  #onHiddenDifference(summary: Summary, theirs: DiffersMessage): readonly SessionEffect[] {
    if (!this.walked) return this.#deps.mayWalk ? this.#walk(summary, theirs) : ended('unproven');
    return ended(this.#moved === this.#movedAtWalk && this.failed.size === 0 ? 'mismatch' : 'unproven');
  }

  #climb(pullAfter: FeedStart, pushAfter: FeedStart): readonly SessionEffect[] {
    const { id: session, peer } = this.#deps;
    const { pageEntries } = this.#deps.config;
    const common = { session, pageEntries, told: this.#told };
    const rungs: Rung[] = [];
    if (typeof pullAfter === 'number') {
      const covered = (cursor: number): void => {
        this.#theirsCovered = cursor;
      };
      rungs.push(new RecentPull({ ...common, peer, after: pullAfter, covered }));
    }
    if (typeof pushAfter === 'number') {
      const covered = (cursor: number): void => {
        this.#mineCovered = cursor;
      };
      rungs.push(new RecentPush({ ...common, after: pushAfter, covered }));
    }
    return this.#begin(rungs);
  }

  #walk(summary: Summary, theirs: DiffersMessage): readonly SessionEffect[] {
    const { walkPaths, maxPending } = this.#deps.config;
    this.#needsWalk = false;
    this.#walks++;
    this.#movedAtWalk = this.#moved;
    // Whatever was in the feeds before the walk is found by it.
    this.#mineCovered = summary.head;
    this.#theirsCovered = theirs.head;
    return this.#begin([new TreeWalk({ session: this.id, roots: summary.roots, walkPaths, maxPending })]);
  }

  #begin(rungs: Rung[]): readonly SessionEffect[] {
    this.#rungs = rungs;
    return this.#run(rungs[0]?.begin() ?? [{ type: 'done' }]);
  }

  /** Passes a rung's effects on, and goes to the next rung, or to the closing comparison, when it is done. */
  #run(effects: readonly RungEffect[]): readonly SessionEffect[] {
    const passed: SessionEffect[] = [];
    for (const effect of effects) {
      if (effect.type === 'abort')
        return [...passed, { type: 'ended', outcome: 'aborted', reason: effect.reason }];
      if (effect.type === 'done') {
        passed.push(...this.#onRungDone());
        continue;
      }
      if (effect.type === 'exchange') for (const key of effect.keys) this.#pending.add(key);
      passed.push(effect);
    }
    return passed;
  }

  #onRungDone(): readonly SessionEffect[] {
    const done = this.#rungs.shift();
    const next = this.#rungs[0];
    if (next !== undefined) return this.#run(next.begin());
    const { peer } = this.#deps;
    const effects: SessionEffect[] = [];
    if (done instanceof TreeWalk) {
      const settled = { type: 'settled', session: this.id, cursor: this.#mineCovered } as const;
      effects.push({ type: 'send', message: settled });
      effects.push({ type: 'ask', request: { call: 'setPeerCursor', peer, cursor: this.#theirsCovered } });
    }
    this.#summary = null;
    return [...effects, { type: 'ask', request: { call: 'summary', peer } }];
  }
}

function ended(outcome: RepairOutcome): readonly SessionEffect[] {
  return [{ type: 'ended', outcome, reason: null }];
}
