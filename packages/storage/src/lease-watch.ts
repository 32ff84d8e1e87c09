import type { Timers } from '@hearsay/core';
import type { Lease } from './store-types.ts';

export interface LeaseWatchDeps {
  readonly lease: Lease | undefined;
  readonly timers: Timers;
  readonly intervalMs: number;
  /** Somebody else has the data now. */
  lost(): void;
}

/** Asks for the lease again and again, until it is lost or the returned function is called. */
export function watchLease({ lease, timers, intervalMs, lost }: LeaseWatchDeps): () => void {
  if (lease === undefined) return () => {};
  let stopped = false;
  let cancel = schedule(lease);

  function schedule(held: Lease): () => void {
    return timers.set(intervalMs, () => void ask(held));
  }

  async function ask(held: Lease): Promise<void> {
    // What cannot be asked is not known to be lost; the database has a lock of its own.
    const isHeld = await held.held().catch(() => true);
    if (stopped) return;
    if (isHeld) cancel = schedule(held);
    else lost();
  }

  return () => {
    stopped = true;
    cancel();
  };
}
