import { type DocumentId, type DocumentKey, documentKey } from '@hearsay/core';

/**
 * Reads of documents for clients. A few are under way at a time, and none begins before what has come in in this turn of the event
 * loop was taken: who joins waits for those who write, not the other way round. Whoever asks for a document before its
 * read begins shares it, as what is read is not older than the question.
 */
export class ReadQueue<Read> {
  readonly #read: (id: DocumentId) => Promise<Read>;
  readonly #nextTurn: (run: () => void) => void;
  /** In order of the first question. */
  readonly #asked = new Map<DocumentKey, Asked<Read>>();
  #waiting = 0;
  #underWay = 0;
  #isScheduled = false;

  constructor(read: (id: DocumentId) => Promise<Read>, nextTurn: (run: () => void) => void) {
    this.#read = read;
    this.#nextTurn = nextTurn;
  }

  /** How many wait for a read that has not begun. */
  get waiting(): number {
    return this.#waiting;
  }

  read(id: DocumentId): Promise<Read> {
    return new Promise((resolve, reject) => {
      const key = documentKey(id);
      const asked = this.#asked.get(key) ?? { id, waiters: [] };
      asked.waiters.push({ resolve, reject });
      this.#asked.set(key, asked);
      this.#waiting++;
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled || this.#asked.size === 0 || this.#underWay >= maxUnderWay) return;
    this.#isScheduled = true;
    this.#nextTurn(() => {
      this.#isScheduled = false;
      for (const [key, asked] of this.#asked) {
        if (this.#underWay >= maxUnderWay) break;
        this.#asked.delete(key);
        const waiters = asked.waiters.splice(0, maxSharing);
        // The others' turn comes again behind those of other documents.
        if (asked.waiters.length > 0) this.#asked.set(key, asked);
        void this.#begin(asked.id, waiters);
      }
    });
  }

  async #begin(id: DocumentId, waiters: readonly Waiter<Read>[]): Promise<void> {
    this.#underWay++;
    this.#waiting -= waiters.length;
    try {
      const read = await this.#read(id);
      for (const { resolve } of waiters) resolve(read);
    } catch (error) {
      for (const { reject } of waiters) reject(error);
    } finally {
      this.#underWay--;
      this.#schedule();
    }
  }
}

interface Asked<Read> {
  readonly id: DocumentId;
  readonly waiters: Waiter<Read>[];
}

interface Waiter<Read> {
  resolve(read: Read): void;
  reject(error: unknown): void;
}

/** Twice the threads that LevelDB reads with: they never wait for the event loop. */
const maxUnderWay = 8;
/** Answers that one read may give rise to in one turn: each takes a part of a millisecond. */
const maxSharing = 8;
