import { verifyStore } from '@hearsay/storage/node';
import { storeOptions } from './maintenance-store.ts';
import type { FromVerifier, ToVerifier } from './verify-apart.ts';

// LevelDB ends the process that reads certain damaged tables: this one, and not the one that is to tell of it.

const stop = new AbortController();
// A terminal tells both; what is to be done about it the other one says.
process.on('SIGINT', () => {});

process.on('message', (message: ToVerifier) => {
  if (message === 'stop') return stop.abort();
  const onProgress = (documents: number, total: number): void => say({ documents, total });
  verifyStore({ ...storeOptions(message.directory), signal: stop.signal, onProgress })
    .then((found) => say({ found }))
    .catch((error: unknown) => {
      if (stop.signal.aborted) say({ stopped: true });
      else throw error;
    })
    .finally(() => process.disconnect());
});

function say(message: FromVerifier): void {
  process.send?.(message);
}
