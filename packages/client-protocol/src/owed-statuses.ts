/** An update of the client on its way to the disk. */
export interface OwedStatus {
  readonly ticket: number;
  readonly step: 'step2' | 'update';
  /** The client may not write: the store is only asked whether there is anything new in it. */
  readonly dryRun: boolean;
}

interface Owed extends OwedStatus {
  /** Lacked something the client has yet to send: decided by its next step 2, which holds it too. */
  held: boolean;
  /** Whether it is on disk; undefined while that is open. */
  saved: boolean | undefined;
}

/**
 * One answer for every update and step 2, in their order. Stock clients only count the answers, so one too many claims as
 * saved what is not, and one too few leaves "unsaved" on the screen for ever.
 */
export class OwedStatuses {
  readonly #owed = new Map<number, Owed>();
  #held = 0;

  add(owed: OwedStatus): void {
    this.#owed.set(owed.ticket, { ...owed, held: false, saved: undefined });
  }

  /** What the store has yet to answer. */
  find(ticket: number): OwedStatus | undefined {
    const owed = this.#owed.get(ticket);
    return owed === undefined || owed.held || owed.saved !== undefined ? undefined : owed;
  }

  settle(ticket: number, saved: boolean): void {
    const owed = this.#owed.get(ticket);
    if (owed !== undefined) owed.saved = saved;
  }

  /** False when too many are held. */
  hold(ticket: number): boolean {
    const owed = this.#owed.get(ticket);
    if (owed === undefined) return true;
    owed.held = true;
    this.#held++;
    return this.#held <= maxHeld;
  }

  /** Decides what was held. The store answers in order, so all of it was sent before the step 2 that is decided now. */
  settleHeld(saved: boolean): void {
    if (this.#held === 0) return;
    for (const owed of this.#owed.values()) {
      if (!owed.held) continue;
      owed.held = false;
      owed.saved = saved;
      this.#held--;
    }
  }

  /** The answers that are due now. */
  take(): boolean[] {
    const due: boolean[] = [];
    for (const { ticket, saved } of this.#owed.values()) {
      if (saved === undefined) break;
      due.push(saved);
      this.#owed.delete(ticket);
    }
    return due;
  }
}

/** Far more than anybody types in the round trip it takes to ask. */
const maxHeld = 1024;
