import { fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { err, type Result, taggedError } from '@hearsay/core';
import type { OpenError } from '@hearsay/storage';
import { removeViews, type Verification } from '@hearsay/storage/node';

export type ToVerifier = 'stop' | { readonly directory: string };

export type FromVerifier =
  | { readonly documents: number; readonly total: number }
  | { readonly found: Result<Verification, OpenError> }
  | { readonly stopped: true };

const verifier = fileURLToPath(new URL(`./verify-process${extname(import.meta.url)}`, import.meta.url));

/**
 * `verifyStore` in a process of its own, which LevelDB may end. Throws the signal's reason when it is aborted, and an error when the
 * process ends otherwise without a result.
 */
export async function verifyApart(
  directory: string,
  signal: AbortSignal,
  onProgress: (documents: number, total: number) => void,
): Promise<Result<Verification, OpenError>> {
  const child = fork(verifier, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const say = (message: ToVerifier): void => {
    if (child.connected) child.send(message);
  };
  let found: Result<Verification, OpenError> | undefined;
  child.on('message', (message: FromVerifier) => {
    if ('found' in message) found = message.found;
    else if ('total' in message) onProgress(message.documents, message.total);
  });
  const stop = (): void => say('stop');
  signal.addEventListener('abort', stop);
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  say({ directory });
  const [code, by] = await ended.finally(() => signal.removeEventListener('abort', stop));
  signal.throwIfAborted();
  if (found !== undefined) return found;
  if (by !== 'SIGABRT') throw new Error(`the process that reads the store ended with ${by ?? code}`);
  await removeViews(directory);
  return err(taggedError('STORE_CORRUPT', 'LevelDB cannot read its tables, and ends the process that tries'));
}
