import type { Faults } from './faulty-database.ts';

/** Faults that only hold batches back until they are let through. */
export interface Gate extends Faults {
  /** Batches that wait. */
  readonly waiting: number;
  /** Lets the next batch through, now or when it comes. */
  release(): void;
  /** Lets all batches through from now on. */
  open(): void;
}

export function createGate(): Gate {
  const queue: (() => void)[] = [];
  let passes = 0;
  let isOpen = false;
  return {
    get waiting() {
      return queue.length;
    },
    release() {
      const next = queue.shift();
      if (next === undefined) passes++;
      else next();
    },
    open() {
      isOpen = true;
      for (const next of queue.splice(0)) next();
    },
    before(operation) {
      if (operation !== 'batch' || isOpen) return;
      if (passes > 0) {
        passes--;
        return;
      }
      return new Promise((resolve) => queue.push(resolve));
    },
  };
}

/** Resolves when a condition holds, looked at after every turn of the event loop; the runner ends what waits too long. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
