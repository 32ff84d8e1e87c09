import { compactInline, type OpenError } from '@hearsay/storage';
import type { StoreViewOptions } from '@hearsay/storage/node';
import { HearsayError } from '../../failures.ts';
import { failureOf } from '../../open-store.ts';
import { systemClock, systemTimers } from '../../runtime/clock.ts';

/** How commands open stores that no node runs on. */
export function storeOptions(directory: string): StoreViewOptions {
  return { directory, clock: systemClock, timers: systemTimers, compact: compactInline };
}

/** Why a store was not opened, in the words of the command line. */
export function openFailure(directory: string, error: OpenError): HearsayError {
  return new HearsayError(failureOf(error), `${directory}: ${error.message}`);
}
