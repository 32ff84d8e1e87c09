import type { LogWorkers } from '../workers/log-workers.ts';

/** Where no document is large enough for a thread. */
export const noWorkers: Pick<LogWorkers, 'run'> = {
  run: () => Promise.reject(new Error('no document is large here')),
};
