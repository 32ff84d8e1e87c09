import type { RumourId, RumourMark } from './messages.ts';

/** A conversation this node opened and may be refused. */
export interface Conversation {
  readonly ids: readonly RumourId[];
  /** 0 for the first partner tried, then one more for each hunted. */
  readonly attempt: number;
}

/** What this cycle's conversations carried, so that a refusal can be undone and the hunt go on. */
export class Conversations {
  readonly #open = new Map<number, Conversation>();
  #last = 0;

  open(marks: readonly RumourMark[], attempt: number): number {
    this.#open.set(++this.#last, { ids: marks.map((mark) => mark.id), attempt });
    return this.#last;
  }

  /** Undefined for one that was never opened, belongs to an earlier cycle, or was refused before. */
  refused(id: number): Conversation | undefined {
    const conversation = this.#open.get(id);
    this.#open.delete(id);
    return conversation;
  }

  clear(): void {
    if (this.#open.size > 0) this.#open.clear();
  }
}
