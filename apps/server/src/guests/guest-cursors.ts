import type { ReplicaId } from '@hearsay/core';

/** Up to where the feeds of guests are known here, for the guests that called last: others are asked from the beginning. */
export class GuestCursors {
  readonly #cursors = new Map<ReplicaId, number>();
  readonly #maxGuests: number;

  constructor(maxGuests: number) {
    this.#maxGuests = maxGuests;
  }

  get(guest: ReplicaId): number {
    return this.#cursors.get(guest) ?? 0;
  }

  set(guest: ReplicaId, cursor: number): void {
    this.#cursors.delete(guest);
    this.#cursors.set(guest, cursor);
    if (this.#cursors.size <= this.#maxGuests) return;
    for (const oldest of this.#cursors.keys()) {
      this.#cursors.delete(oldest);
      break;
    }
  }
}
