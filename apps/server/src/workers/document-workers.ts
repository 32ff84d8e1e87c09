import { fileURLToPath } from 'node:url';
import { type DocumentKey, err, ok, type Result, type TaggedError, taggedError } from '@hearsay/core';
import { Piscina } from 'piscina';
import type { CompactedLog, JobOutcome } from './document-worker.ts';
import { pack } from './packed.ts';
import { createParking, type Parking } from './parking.ts';

/**
 * `DOCUMENT_DAMAGED`: its updates do not make a document. `DOCUMENT_TOO_COSTLY`: its job ran out of time or memory.
 * `OVERLOADED`: too many jobs wait.
 */
export type WorkerError = TaggedError<'DOCUMENT_DAMAGED' | 'DOCUMENT_TOO_COSTLY' | 'OVERLOADED'>;

/** Builds documents off the main thread. */
export interface DocumentWorkers {
  /** The shared types as JSON text in UTF-8. */
  json(key: DocumentKey, updates: readonly Uint8Array[]): Promise<Result<Uint8Array, WorkerError>>;
  compact(key: DocumentKey, updates: readonly Uint8Array[]): Promise<Result<CompactedLog, WorkerError>>;
  /** All of it as one update. */
  state(key: DocumentKey, updates: readonly Uint8Array[]): Promise<Result<Uint8Array, WorkerError>>;
  close(): Promise<void>;
}

export interface DocumentWorkersOptions {
  readonly threads: number;
  readonly maxHeapMegabytes: number;
  /** Milliseconds of processor time. */
  readonly maxJobMs: number;
  /** Jobs that wait for a thread. */
  readonly maxQueue: number;
  /** Milliseconds of processor time that this process has taken: no less than any job of it. */
  processorMs(): number;
}

export const documentWorkerDefaults: DocumentWorkersOptions = {
  // One is enough for background work; more would take cores from serving on small machines.
  threads: 1,
  // A 260,000-edit document takes about 60 MB; one of 1.5 million items takes all. Of more than `itemsInMemory` none is built.
  maxHeapMegabytes: 512,
  // The same document takes 0.1 s.
  maxJobMs: 20_000,
  maxQueue: 256,
  processorMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};

/** Between two looks at how much processor time a job has had. */
const leastCheckMs = 100;

/** Jobs of documents that are parked are refused. */
export function createDocumentWorkers(
  options: DocumentWorkersOptions = documentWorkerDefaults,
  parking: Parking = createParking(),
): DocumentWorkers {
  const pool = new Piscina({
    filename: workerFile(),
    minThreads: 0,
    maxThreads: options.threads,
    idleTimeout: 10_000,
    // Flags of the process (an inspector, a loader of sources) are not its workers'.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: options.maxHeapMegabytes },
  });
  // A worker that dies between jobs is replaced by the pool; its error must not end the process.
  pool.on('error', () => {});

  /** Callers who wait for a thread. Its time counts from when it begins: who waits behind a hostile document is not one. */
  const waiting: (() => void)[] = [];
  let running = 0;

  async function takeThread(): Promise<void> {
    if (running < options.threads) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  }

  function giveThread(): void {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }

  async function run<T>(
    name: string,
    key: DocumentKey,
    updates: readonly Uint8Array[],
  ): Promise<Result<T, WorkerError>> {
    if (waiting.length >= options.maxQueue) {
      return err(taggedError('OVERLOADED', 'too many documents wait to be built; try again', true));
    }
    await takeThread();
    try {
      if (parking.isParked(key)) return tooCostly('is parked: it took its worker down twice');
      return await build(name, key, updates);
    } finally {
      giveThread();
    }
  }

  async function build<T>(
    name: string,
    key: DocumentKey,
    updates: readonly Uint8Array[],
  ): Promise<Result<T, WorkerError>> {
    const timeout = new AbortController();
    const beganAt = options.processorMs();
    let timer: NodeJS.Timeout;
    // On a machine that gives this process little, time passes without the job: that is no fault of its document.
    const check = (): void => {
      const leftMs = options.maxJobMs - (options.processorMs() - beganAt);
      if (leftMs <= 0) timeout.abort();
      else timer = setTimeout(check, Math.max(leastCheckMs, leftMs));
    };
    timer = setTimeout(check, options.maxJobMs);
    try {
      const log = pack(updates);
      const transferList = [log.bytes.buffer, log.lengths.buffer];
      const outcome: JobOutcome<T> = await pool.run(log, { name, signal: timeout.signal, transferList });
      parking.survived(key);
      if ('value' in outcome) return ok(outcome.value);
      if ('tooLarge' in outcome) return tooCostly('has too many items to be built');
      return err(taggedError('DOCUMENT_DAMAGED', 'the stored updates do not make a document'));
    } catch (error) {
      if (!timeout.signal.aborted && !isOutOfMemory(error)) throw error;
      parking.died(key);
      return tooCostly(timeout.signal.aborted ? 'took too long to build' : 'takes too much memory to build');
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    json: (key, updates) => run('json', key, updates),
    compact: (key, updates) => run('compact', key, updates),
    state: (key, updates) => run('state', key, updates),
    close: () => pool.destroy(),
  };
}

function tooCostly(what: string): Result<never, WorkerError> {
  return err(taggedError('DOCUMENT_TOO_COSTLY', `the document ${what}`));
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

/** Worker threads load built files; a test that runs from sources uses the built one too. */
function workerFile(): string {
  const built = import.meta.url.endsWith('.ts')
    ? '../../dist/workers/document-worker.js'
    : './document-worker.js';
  return fileURLToPath(new URL(built, import.meta.url));
}
