import { err, ok, type Result, type TaggedError } from '@hearsay/core';
import type { LargeLogs } from '@hearsay/storage';
import type { LogThread, LogWorkers } from './log-workers.ts';

/** What the store asks of large documents, by threads; where all are busy too long, or one dies of it, the store is told so. */
export function createLargeLogs(workers: Pick<LogWorkers, 'run'>): LargeLogs {
  async function run<T>(
    job: (thread: LogThread) => Promise<Result<T, TaggedError>>,
  ): Promise<Result<T, TaggedError>> {
    const ran = await workers.run(job);
    return ran.ok ? ran.value : err(ran.error);
  }

  return {
    difference: (log, sketch, pieceBytes) => run((thread) => thread.difference(log, sketch, pieceBytes)),
    merge: (log) => run(async (thread) => ok(await thread.merge(log))),
    version: (update) => run(async (thread) => ok(await thread.version(update))),
  };
}
