import type { DocumentId } from '@hearsay/core';
import type { Sweep, Upkeep } from '../node/upkeep.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import type { Report } from './violation.ts';

/** Clocks run too fast by up to so much, and are followed with some tolerance. */
const clockErrorShare = 0.02;
const clockErrorMs = 500;

/**
 * Whatever wall clocks say (F61, F62): contents of a deleted document are kept for their window, and certificates are in force
 * for their time. Judged by virtual time since anybody wanted the document deleted, which nobody did before.
 */
export class KeptDeletions {
  readonly #time: VirtualTime;
  readonly #report: Report;
  readonly #upkeep: Upkeep;
  readonly #deletedAt = new Map<string, number>();
  /** Lives that each node keeps, by document. */
  readonly #kept = new Map<string, ReadonlyMap<string, number>>();

  constructor(time: VirtualTime, upkeep: Upkeep, report: Report) {
    this.#time = time;
    this.#upkeep = upkeep;
    this.#report = report;
  }

  deleting(id: DocumentId): void {
    const name = nameOf(id);
    this.#deletedAt.set(name, this.#deletedAt.get(name) ?? this.#time.now);
  }

  swept(node: string, { kept, certificatesRested }: Sweep): void {
    const now = new Map(kept.map(({ id, life }) => [nameOf(id), life]));
    for (const [name, life] of this.#kept.get(node) ?? []) {
      if ((now.get(name) ?? 0) < life && this.#isYoungerThan(this.#upkeep.windowMs, name)) {
        this.#report('kept deletions', `${node} has forgotten life ${life} of ${name} before its time`);
      }
    }
    this.#kept.set(node, now);
    if (certificatesRested > 0 && this.#time.now < leastMs(this.#upkeep.certificateMs)) {
      this.#report('kept deletions', `${node} has put ${certificatesRested} certificates to rest too early`);
    }
  }

  /** The node's disk is not what it was. */
  disaster(node: string): void {
    this.#kept.delete(node);
  }

  #isYoungerThan(windowMs: number, name: string): boolean {
    return this.#time.now - (this.#deletedAt.get(name) ?? 0) < leastMs(windowMs);
  }
}

function leastMs(windowMs: number): number {
  return windowMs * (1 - clockErrorShare) - clockErrorMs;
}

function nameOf({ collection, name }: DocumentId): string {
  return `${collection}/${name}`;
}
