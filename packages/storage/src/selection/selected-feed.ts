import type { DocumentKey } from '@hearsay/core';

/** One page: documents that changed after a cursor, each at its latest change, oldest first. */
export interface SelectedPage {
  readonly keys: readonly DocumentKey[];
  readonly cursor: number;
  readonly complete: boolean;
}

/**
 * The change feed of a selection, as far back as it is kept: positions are those of the outbox. The feed of the whole
 * store would have to be searched for the few entries that matter. What is older than its beginning it does not tell, as
 * if there were nothing; the roots still differ then, and the walk finds it.
 */
export class SelectedFeed {
  readonly #maxDocuments: number;
  /** Ascending by position. */
  readonly #positions = new Map<DocumentKey, number>();
  #begin: number;
  #head: number;

  constructor(head: number, maxDocuments: number) {
    this.#begin = head;
    this.#head = head;
    this.#maxDocuments = maxDocuments;
  }

  get head(): number {
    return this.#head;
  }

  changed(key: DocumentKey, position: number): void {
    this.#positions.delete(key);
    this.#positions.set(key, position);
    this.#head = Math.max(this.#head, position);
    if (this.#positions.size <= this.#maxDocuments) return;
    for (const [oldest, at] of this.#positions) {
      this.#positions.delete(oldest);
      this.#begin = at;
      break;
    }
  }

  after(cursor: number, maxEntries: number): SelectedPage {
    const keys: DocumentKey[] = [];
    if (cursor >= this.#begin) {
      for (const [key, position] of this.#positions) {
        if (position <= cursor) continue;
        if (keys.length === maxEntries) {
          const last = keys.at(-1);
          const at = last === undefined ? undefined : this.#positions.get(last);
          return { keys, cursor: at ?? cursor, complete: false };
        }
        keys.push(key);
      }
    }
    return { keys, cursor: Math.max(this.#head, cursor), complete: true };
  }
}
