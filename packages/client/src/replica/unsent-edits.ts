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
  #acknowledged: number;
  #isUnsure = false;

  /** `acknowledged`: outbox position up to which a server had everything when the replica was last open. */
  constructor(acknowledged: number) {
    this.#acknowledged = acknowledged;
  }

  get size(): number {
    return this.#documents.size;
  }

  /** Everything up to here is on a server: to be given to the next {@link UnsentEdits}. */
  get acknowledged(): number {
    let first = Number.POSITIVE_INFINITY;
    for (const { sequence } of this.#documents.values()) first = Math.min(first, sequence);
    return Math.min(this.#acknowledged, first - 1);
  }

  mayHold(key: DocumentKey): boolean {
    return this.#isUnsure || this.#documents.has(key);
  }

  /** What the outbox still tells of the time before this start. */
  async restore(readOutbox: (after: number) => Promise<OutboxPage>, head: number): Promise<void> {
    let cursor = this.#acknowledged;
    while (cursor < head) {
      const page = await readOutbox(cursor);
      // Compacted away or trimmed: which documents that was, nobody knows any more.
      if (page.dropped > 0) this.#isUnsure = true;
      for (const { from, key, change, sequence } of page.entries) {
        if (from === null) this.edited(key, change.id, sequence);
      }
      if (page.cursor <= cursor) break;
      cursor = page.cursor;
    }
  }

  edited(key: DocumentKey, id: DocumentId, sequence: number): void {
    this.#documents.set(key, { id, sequence });
  }

  /** A server has synced everything up to `sequence`, but for some positions. */
  stored(sequence: number, except: readonly number[]): void {
    this.#acknowledged = Math.max(this.#acknowledged, sequence);
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
