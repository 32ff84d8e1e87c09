import type { CopyDatabase, CopyOperation } from './database.ts';

/**
 * Writes in order, all that is waiting in one batch: edits made while a batch is being synced go into the next. A batch that
 * fails stays, and is written again with what comes after it, so that there are no holes.
 */
export class WriteQueue {
  readonly #database: CopyDatabase;
  #waiting: CopyOperation[] = [];
  #writing: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(database: CopyDatabase) {
    this.#database = database;
  }

  /** Durable when it resolves. */
  add(operations: readonly CopyOperation[]): Promise<void> {
    if (operations.length === 0) return Promise.resolve();
    this.#waiting.push(...operations);
    this.#next ??= this.#write(this.#writing);
    return this.#next;
  }

  /** Resolves when nothing is being written; also after failures. */
  async idle(): Promise<void> {
    while (this.#writing !== undefined || this.#next !== undefined) {
      await (this.#next ?? this.#writing)?.catch(() => {});
    }
  }

  async #write(before: Promise<void> | undefined): Promise<void> {
    // At least to the end of this turn: whatever it changes goes together.
    await before?.catch(() => {});
    const operations = this.#waiting;
    this.#waiting = [];
    const batch = this.#database.batch(operations, { sync: true });
    this.#writing = batch;
    this.#next = undefined;
    try {
      await batch;
    } catch (error) {
      this.#waiting = [...operations, ...this.#waiting];
      throw error;
    } finally {
      if (this.#writing === batch) this.#writing = undefined;
    }
  }
}
