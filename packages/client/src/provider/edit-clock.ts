import type { EditKey } from '../channel/edit-ledger.ts';

/**
 * Makes keys for edits: a Lamport clock (1978) and the session, so that keys sort causes before effects and no two are alike.
 */
export class EditClock {
  readonly #session: string;
  #last = 0;

  constructor(session: string) {
    this.#session = session;
  }

  next(): EditKey {
    this.#last++;
    return `${this.#last.toString(36).padStart(9, '0')}-${this.#session}`;
  }

  /** Whatever comes next comes after that one. */
  observe(key: EditKey): void {
    const time = Number.parseInt(key, 36);
    if (time > this.#last) this.#last = time;
  }
}
