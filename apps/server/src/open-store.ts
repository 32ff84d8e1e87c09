import { accessSync, constants, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SettledClock } from '@hearsay/core';
import type { CompactPort, DocumentStore, OpenError, StoreFinding } from '@hearsay/storage';
import { isDiskFull } from '@hearsay/storage';
import { openNodeStore } from '@hearsay/storage/node';
import type { Config } from './config/config.ts';
import { type FailureCode, HearsayError } from './failures.ts';
import { systemTimers } from './runtime/clock.ts';
import { createLargeLogs } from './workers/large-logs.ts';
import { createLogWorkers, logWorkerDefaults } from './workers/log-workers.ts';

/** Opens the node's store, or says in the node's own words why not. */
export async function openStore(
  config: Pick<
    Config,
    | 'data'
    | 'cluster'
    | 'durability'
    | 'undeleteWindow'
    | 'certificateTime'
    | 'acceptLoss'
    | 'maxDocumentBytes'
  >,
  compact: CompactPort,
  clock: SettledClock,
  found: (finding: StoreFinding) => void,
): Promise<DocumentStore> {
  const directory = resolve(config.data);
  requireWritable(directory);
  // Apart from those that read for clients: nobody who opens a document waits behind a peer.
  const workers = createLogWorkers({ ...logWorkerDefaults, threads: 1 });
  const opened = await openNodeStore({
    directory,
    cluster: config.cluster,
    durability: config.durability,
    acceptsLoss: config.acceptLoss,
    found,
    keepsDeleted: config.undeleteWindow > 0,
    certificateMs: config.certificateTime,
    ...(config.maxDocumentBytes > 0 && { maxDocumentBytes: config.maxDocumentBytes }),
    compact,
    largeLogs: createLargeLogs(workers),
    clock,
    timers: systemTimers,
  });
  if (!opened.ok) {
    await workers.close();
    throw new HearsayError(failureOf(opened.error), `${directory}: ${opened.error.message}`);
  }
  const store = opened.value;
  return { ...store, close: () => store.close().finally(workers.close) };
}

/** Asked before LevelDB is, whose own complaint would not say what is wrong. */
function requireWritable(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new HearsayError('DATA_DIRECTORY_UNWRITABLE', `cannot write to ${directory} (${reason})`, {
      cause: error,
    });
  }
}

/** The node's word for why a store was not opened. */
export function failureOf({ code, message }: OpenError): FailureCode {
  switch (code) {
    case 'STORE_LOCKED':
      return 'DATA_DIRECTORY_LOCKED';
    case 'CLUSTER_MISMATCH':
      return 'WRONG_CLUSTER';
    case 'DIRECTORY_UNWRITABLE':
    case 'STORE_UNREADABLE':
      return isDiskFull(new Error(message)) ? 'DISK_FULL' : 'DATA_DIRECTORY_UNWRITABLE';
    case 'FORMAT_UNSUPPORTED':
      return 'STORE_TOO_NEW';
    case 'STORE_MISSING':
    case 'STORE_EMPTY':
    case 'STORE_SHRUNK':
    case 'STORE_TAIL_LOST':
    case 'STORE_OUTDATED':
    case 'STORE_MISMATCH':
    case 'STORE_CORRUPT':
    case 'SENTINEL_DAMAGED':
      return 'STORE_DAMAGED';
  }
}
