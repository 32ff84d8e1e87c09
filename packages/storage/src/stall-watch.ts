import { err, type Result, type Timers } from '@hearsay/core';
import { diskStalled, type WriteFailure } from './errors.ts';

/** Notices a disk that neither takes a batch nor refuses it. */
export interface StallWatch {
  /** Whether a batch has been on its way for too long. */
  readonly isStalled: boolean;
  /** Watches over one batch; settles as it does, however late. */
  watch(batch: Promise<void>): Promise<void>;
  /**
   * Settles as `outcome` does, or is refused once the disk hangs. What was refused may yet come to the disk: it is announced then,
   * as what is found after a recovery.
   */
  bounded<T, E>(outcome: Promise<Result<T, E>>): Promise<Result<T, E | WriteFailure>>;
}

export function createStallWatch(deps: {
  readonly timers: Timers;
  readonly stallMs: number;
  /** It hangs, or goes on again. */
  changed(): void;
}): StallWatch {
  let isStalled = false;
  const waiting = new Set<() => void>();

  return {
    get isStalled() {
      return isStalled;
    },
    async watch(batch) {
      const cancel = deps.timers.set(deps.stallMs, () => {
        isStalled = true;
        for (const refuse of waiting) refuse();
        waiting.clear();
        deps.changed();
      });
      const wasStalled = (): boolean => {
        cancel();
        const was = isStalled;
        isStalled = false;
        return was;
      };
      try {
        await batch;
      } catch (error) {
        // The recovery that follows tells of itself.
        wasStalled();
        throw error;
      }
      if (wasStalled()) deps.changed();
    },
    bounded(outcome) {
      return new Promise((resolve, reject) => {
        const refuse = (): void => resolve(err(diskStalled()));
        waiting.add(refuse);
        outcome.then(resolve, reject).finally(() => waiting.delete(refuse));
      });
    },
  };
}
