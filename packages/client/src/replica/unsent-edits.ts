import type { DocumentId, DocumentKey } from '@hearsay/core';
import type { OutboxPage } from '@hearsay/storage';

/** A document with edits made here that no server has stored yet. */
export interface UnsentDocument {
  readonly id: DocumentId;
  /** Outbox position of the last such edit. */
  readonly sequence: number;
}

/**
 * Which documents have edits that exist nowhere else. In doubt a document counts as one that has: what depends on it is
 * that a copy is kept, and one too many does no harm.
 */
export class UnsentEdits {
  readonly #documents = new Map<DocumentKey, UnsentDocument>();
  /** The last outbox position that has been looked at. */
  #seen: number;
  #isUnsure = false;
  readonly #settledBefore: number;

  /** `settled`: as it was when the replica was last open. */
  constructor(settled: number) {
    this.#settledBefore = settled;
    this.#seen = settled;
  }

  get size(): number {
    return this.#documents.size;
  }

  /** Nothing up to this outbox position is unsent: to be given to the next {@link UnsentEdits}. */
  get settled(): number {
    if (this.#isUnsure) return this.#settledBefore;
    let settled = this.#seen;
    for (const { sequence } of this.#documents.values()) settled = Math.min(settled, sequence - 1);
    return settled;
  }

  mayHold(key: DocumentKey): boolean {
    return this.#isUnsure || this.#documents.has(key);
  }

  /** What the outbox still tells of the time before this start. */
  async restore(readOutbox: (after: number) => Promise<OutboxPage>, head: number): Promise<void> {
    while (this.#seen < head) {
      const page = await readOutbox(this.#seen);
      // Compacted away or trimmed: which documents that was, nobody knows any more.
      if (page.dropped > 0) this.#isUnsure = true;
      for (const { from, key, change, sequence } of page.entries) {
        if (from === null) this.edited(key, change.id, sequence);
      }
      if (page.cursor <= this.#seen) break;
      this.#seen = page.cursor;
    }
  }

  /** Something was committed, whoever it came from. */
  saw(sequence: number): void {
    this.#seen = Math.max(this.#seen, sequence);
  }

  edited(key: DocumentKey, id: DocumentId, sequence: number): void {
    this.#documents.set(key, { id, sequence });
    this.saw(sequence);
  }

  /** A server has synced everything up to `sequence`, but for some positions. */
  stored(sequence: number, except: readonly number[]): void {
    for (const [key, document] of this.#documents) {
      if (document.sequence <= sequence && !except.includes(document.sequence)) this.#documents.delete(key);
    }
  }

  /** A server was found to have exactly what is here. */
  proven(): void {
    this.#isUnsure = false;
  }

  forget(key: DocumentKey): void {
    this.#documents.delete(key);
  }
}
