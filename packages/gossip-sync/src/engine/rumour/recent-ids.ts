import type { RumourId } from './messages.ts';

/** A set of ids that forgets the oldest beyond its bound. */
export class RecentIds {
  readonly #ids = new Set<RumourId>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  has(id: RumourId): boolean {
    return this.#ids.has(id);
  }

  add(id: RumourId): void {
    this.#ids.add(id);
    if (this.#ids.size <= this.#max) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      return;
    }
  }
}
