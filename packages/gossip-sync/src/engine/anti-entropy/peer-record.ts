import type { DocumentKey } from '@hearsay/core';
import type { RepairConfig } from './config.ts';
import type { RepairOutcome } from './session.ts';

/** Documents remembered for another try, by peer; what is beyond is found by a walk. */
const maxUnsettled = 1024;

/** What repair remembers of one peer between sessions. */
export class PeerRecord {
  /** When the roots were last seen to be equal. */
  provenAt: number | null = null;
  lastOutcome: RepairOutcome | null = null;
  lastEndedAt: number | null = null;
  /** Sessions in a row that ended with different roots and nothing to exchange. */
  mismatches = 0;
  #unsettled: ReadonlySet<DocumentKey> = new Set();
  #vainWalks = 0;
  #walkNotBefore = 0;
  /** Since when neither a proof nor a walk has shown that nothing is hidden. */
  #unprovenSince: number;

  constructor(now: number) {
    this.#unprovenSince = now;
  }

  /** The roots have been seen to be equal. */
  proven(now: number): void {
    this.provenAt = now;
    this.#unprovenSince = now;
    this.mismatches = 0;
    this.#vainWalks = 0;
    this.#walkNotBefore = 0;
  }

  get unsettled(): readonly DocumentKey[] {
    return [...this.#unsettled];
  }

  mayWalk(now: number): boolean {
    return now >= this.#walkNotBefore;
  }

  mustWalk(now: number, config: RepairConfig): boolean {
    return now - this.#unprovenSince >= config.unprovenWalkMs && this.mayWalk(now);
  }

  /** Takes in how a session ended. True when it is the one that makes a divergence of a doubt. */
  ended(session: EndedSession, now: number, config: RepairConfig): boolean {
    const { outcome, walked } = session;
    this.lastOutcome = outcome;
    this.lastEndedAt = now;
    if (outcome === 'busy' || outcome === 'aborted') return false;
    this.#unsettled = new Set([...session.failed].slice(0, maxUnsettled));
    if (outcome === 'equal') {
      this.proven(now);
      return false;
    }
    if (walked) this.#delayWalks(now, config);
    if (outcome !== 'mismatch') return false;
    this.mismatches++;
    if (this.mismatches < config.divergenceAfter) this.#walkNotBefore = now;
    return this.mismatches === config.divergenceAfter;
  }

  /** Each walk that did not lead to equality puts the next one off for twice as long. */
  #delayWalks(now: number, { intervalMs, unprovenWalkMs }: RepairConfig): void {
    const delayMs = Math.min(unprovenWalkMs, intervalMs * 2 ** Math.min(this.#vainWalks, 20));
    this.#vainWalks++;
    this.#walkNotBefore = now + delayMs;
    this.#unprovenSince = now;
  }
}

export interface EndedSession {
  readonly outcome: RepairOutcome;
  readonly walked: boolean;
  readonly failed: ReadonlySet<DocumentKey>;
}
