import * as Y from 'yjs';
import type { StrandedStep } from './strands.ts';
import type { Patch, Transaction } from './trace.ts';

/** The name of the shared text in a replayed document. */
export const textName = 'content';

/** An update made by one step, and the (client, clock) up to which a document must know its maker to hold it. */
export interface StepUpdate {
  readonly update: Uint8Array;
  readonly client: number;
  readonly clock: number;
}

/**
 * Makes the updates of one agent. Positions of a step hold only in the state its parents give, so every strand is
 * written in a document of its own that is brought to exactly that state first.
 */
export class Author {
  readonly #published: Map<number, StepUpdate[]>;
  readonly #clientIds: ReadonlyMap<number, number>;
  readonly #countsCodePoints: boolean;
  #document = new Y.Doc();
  #strand = -1;
  #knows = new Map<number, number>();

  /**
   * `published`: the updates of each strand so far, shared by all authors. `clientIds`: of each strand.
   * `countsCodePoints`: whether the history has characters beyond 16 bits, so that its positions differ from those of
   * Yjs.
   */
  constructor(
    published: Map<number, StepUpdate[]>,
    clientIds: ReadonlyMap<number, number>,
    countsCodePoints: boolean,
  ) {
    this.#published = published;
    this.#clientIds = clientIds;
    this.#countsCodePoints = countsCodePoints;
  }

  /** What has to have reached this agent before the step can be made: the latest update of each strand it lacks. */
  awaits(step: StrandedStep): StepUpdate[] {
    const own = this.#strand === step.strand ? this.#knows : new Map<number, number>();
    const awaited: StepUpdate[] = [];
    for (const [strand, position] of step.knows) {
      if (strand === this.#strand || position <= (own.get(strand) ?? 0)) continue;
      awaited.push(this.#stepUpdate(strand, position));
    }
    return awaited;
  }

  write(step: StrandedStep, transaction: Transaction): StepUpdate {
    if (step.strand !== this.#strand) {
      this.#document.destroy();
      this.#document = new Y.Doc();
      this.#document.clientID = this.#clientIds.get(step.strand) ?? this.#document.clientID;
      this.#strand = step.strand;
      this.#knows = new Map();
    }
    this.#learn(step.knows);
    const updates: Uint8Array[] = [];
    const collect = (update: Uint8Array): number => updates.push(update);
    this.#document.on('update', collect);
    this.#document.transact(() => {
      const text = this.#document.getText(textName);
      for (const patch of transaction.patches) applyPatch(text, patch, this.#countsCodePoints);
    });
    this.#document.off('update', collect);
    const client = this.#document.clientID;
    const written: StepUpdate = {
      update: updates[0] ?? Uint8Array.of(0, 0),
      client,
      clock: Y.getState(this.#document.store, client),
    };
    const strand = this.#published.get(step.strand) ?? [];
    strand.push(written);
    this.#published.set(step.strand, strand);
    this.#knows.set(step.strand, step.position);
    return written;
  }

  #learn(knows: ReadonlyMap<number, number>): void {
    const updates: Uint8Array[] = [];
    for (const [strand, position] of knows) {
      for (let next = (this.#knows.get(strand) ?? 0) + 1; next <= position; next++) {
        updates.push(this.#stepUpdate(strand, next).update);
      }
      this.#knows.set(strand, Math.max(position, this.#knows.get(strand) ?? 0));
    }
    if (updates.length > 0) Y.applyUpdate(this.#document, Y.mergeUpdates(updates));
  }

  #stepUpdate(strand: number, position: number): StepUpdate {
    const update = this.#published.get(strand)?.[position - 1];
    if (update === undefined) throw new Error(`step ${position} of strand ${strand} has not been made`);
    return update;
  }
}

function applyPatch(text: Y.Text, [position, deleteCount, insert]: Patch, countsCodePoints: boolean): void {
  const content = countsCodePoints ? text.toString() : '';
  const start = countsCodePoints ? codePointsToUnits(content, position, 0) : position;
  const end = countsCodePoints ? codePointsToUnits(content, deleteCount, start) : start + deleteCount;
  if (end > start) text.delete(start, end - start);
  if (insert !== '') text.insert(start, insert);
}

/** UTF-16 offset that lies `count` code points after `from`. */
function codePointsToUnits(content: string, count: number, from: number): number {
  let offset = from;
  for (let i = 0; i < count; i++) offset += (content.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  return offset;
}
