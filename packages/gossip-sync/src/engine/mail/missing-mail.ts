import type { DocumentKey } from '@hearsay/core';

/** Sequences named in one receipt at most. */
const maxMissing = 1024;

/** What one peer has mailed and could not be stored yet. */
export class MissingMail {
  readonly #keys = new Map<number, DocumentKey>();
  #unsure = 0;

  /** Ascending. */
  get sequences(): number[] {
    return [...this.#keys.keys()].sort((a, b) => a - b);
  }

  /** Up to here some sequences are forgotten. */
  get unsure(): number {
    return this.#unsure;
  }

  add(sequence: number, key: DocumentKey): void {
    this.#keys.set(sequence, key);
    for (const oldest of this.#keys.keys()) {
      if (this.#keys.size <= maxMissing) break;
      this.#keys.delete(oldest);
      this.#unsure = Math.max(this.#unsure, oldest);
    }
  }

  /** The document is equal with the sender's now. False when nothing of it was missing. */
  mended(key: DocumentKey): boolean {
    const size = this.#keys.size;
    for (const [sequence, missing] of this.#keys) if (missing === key) this.#keys.delete(sequence);
    return this.#keys.size < size;
  }
}
