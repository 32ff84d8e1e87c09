import { endClocks } from '@hearsay/document/testing';
import type { CommittedChange } from '@hearsay/storage';
import type { SimulatedNode } from '../node/simulated-node.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import type { Report } from './violation.ts';

/** How long an edit may take between two machines that are joined by a healthy path. */
const mostMs = 5000;
/** Machines that have just started find one another first. */
const joinedMs = 10_000;

/**
 * Invariant I12: whatever befalls the rest, an edit on one machine of the healthy core is on the others of it within five
 * seconds. Lives do not end in such runs.
 */
export class Progress {
  readonly #time: VirtualTime;
  readonly #report: Report;
  readonly #core: ReadonlySet<string>;
  /** What each machine of the core has: by machine, document and Yjs client the next clock. */
  readonly #known = new Map<string, number>();
  #ended = false;
  #checked = 0;

  constructor(time: VirtualTime, core: readonly string[], report: Report) {
    this.#time = time;
    this.#core = new Set(core);
    this.#report = report;
  }

  /** Edits that were looked for. */
  get checked(): number {
    return this.#checked;
  }

  committed(node: SimulatedNode, { id, update, origin }: CommittedChange): void {
    if (update === null || !this.#core.has(node.name)) return;
    for (const [client, clock] of endClocks(update)) {
      const place = placeOf(node.name, id.name, client);
      this.#known.set(place, Math.max(clock, this.#known.get(place) ?? 0));
      if (origin.kind !== 'client' || this.#time.now < joinedMs) continue;
      this.#time.after(mostMs, () => this.#look(node.name, id.name, client, clock));
    }
  }

  /** Everything is healed: nodes outside stop and start, and nobody edits. */
  end(): void {
    this.#ended = true;
  }

  #look(from: string, document: string, client: number, clock: number): void {
    if (this.#ended) return;
    for (const name of this.#core) {
      if (name === from) continue;
      this.#checked++;
      if ((this.#known.get(placeOf(name, document, client)) ?? 0) >= clock) continue;
      this.#report('progress', `an edit of ${document} on ${from} has not come to ${name} in ${mostMs} ms`);
    }
  }
}

function placeOf(node: string, document: string, client: number): string {
  return `${node}/${document}/${client}`;
}
