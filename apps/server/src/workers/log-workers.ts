import { fileURLToPath } from 'node:url';
import { err, limits, ok, type Result, type TaggedError, taggedError } from '@hearsay/core';
import {
  decodeStateVector,
  encodeStateVector,
  type LogDifference,
  type StateVector,
} from '@hearsay/document';
import type { MergedLog } from '@hearsay/storage';
import { Piscina } from 'piscina';
import type { PackedDifference } from './log-worker.ts';
import { type Packed, pack, unpack } from './packed.ts';

/** A thread that reads the logs of large documents, for as long as a job has it. */
export interface LogThread {
  /** What of a log a client lacks, cut into frames; see `splitUpdateForClients`. */
  forClient(log: readonly Uint8Array[], theirs: StateVector): Promise<readonly Uint8Array[]>;
  /** What of a log a peer lacks; see `differenceOfLog`. */
  difference(
    log: readonly Uint8Array[],
    sketch: Uint8Array | null,
    pieceBytes: number,
  ): Promise<Result<LogDifference, TaggedError>>;
  /** The version of an update, as its canonical bytes; null where it is none. */
  version(update: Uint8Array): Promise<Uint8Array | null>;
  /** All of a log as one update, with its version in canonical bytes; null where it is not closed. */
  merge(log: readonly Uint8Array[]): Promise<MergedLog | null>;
}

/** `OVERLOADED`: too many wait, or the document takes more memory than there is for one. */
export type LogWorkerError = TaggedError<'OVERLOADED'>;

/**
 * Merges and cuts large documents off the main thread. Builds none: what that takes is bounded by the bytes of the log. Apart from
 * the workers that do, so that nobody who opens a document waits behind a compaction.
 */
export interface LogWorkers {
  /** Runs `job` as soon as there is a thread for it: only then should it read the log, which it has in memory. */
  run<T>(job: (thread: LogThread) => Promise<T>): Promise<Result<T, LogWorkerError>>;
  close(): Promise<void>;
}

export interface LogWorkersOptions {
  /** Jobs at a time, each with one document in memory. */
  readonly threads: number;
  readonly maxHeapMegabytes: number;
  /** Jobs that wait for a thread. */
  readonly maxQueue: number;
}

export const logWorkerDefaults: LogWorkersOptions = {
  // The second one goes on when the first is busy with a long one.
  threads: 2,
  // A document of 32 MiB with 5 million ranges of deletes takes 600 MB.
  maxHeapMegabytes: 1024,
  // As many as there may be clients of a busy document that come back at once, with something different each.
  maxQueue: 1024,
};

export function createLogWorkers(options: LogWorkersOptions = logWorkerDefaults): LogWorkers {
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
  const waiting: (() => void)[] = [];
  let running = 0;

  const thread: LogThread = {
    async forClient(log, theirs) {
      const packed = pack(log);
      const job = { log: packed, stateVector: encodeStateVector(theirs) };
      const transferList = [packed.bytes.buffer, packed.lengths.buffer];
      return unpack((await pool.run(job, { name: 'forClient', transferList })) as Packed);
    },
    async difference(log, sketch, pieceBytes) {
      const packed = pack(log);
      const job = { log: packed, sketch, pieceBytes };
      const transferList = [packed.bytes.buffer, packed.lengths.buffer];
      const compared: Result<PackedDifference, TaggedError> = await pool.run(job, {
        name: 'difference',
        transferList,
      });
      return compared.ok ? ok(opened(compared.value)) : compared;
    },
    async merge(log) {
      const packed = pack(log);
      const transferList = [packed.bytes.buffer, packed.lengths.buffer];
      const merged: Packed | null = await pool.run(packed, { name: 'merge', transferList });
      const [update, version] = merged === null ? [] : unpack(merged);
      return update === undefined || version === undefined ? null : { update, version };
    },
    version: (update) => {
      const copy = update.slice();
      return pool.run(copy, { name: 'version', transferList: [copy.buffer] });
    },
  };

  return {
    async run(job) {
      if (waiting.length >= options.maxQueue) return overloaded('too many large documents are being opened');
      if (running < options.threads) running++;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return ok(await job(thread));
      } catch (error) {
        if (!isOutOfMemory(error)) throw error;
        return overloaded('the document takes too much memory');
      } finally {
        const next = waiting.shift();
        if (next === undefined) running--;
        else next();
      }
    },
    close: () => pool.destroy(),
  };
}

function opened({ updates, ends, theyKnowMore }: PackedDifference): LogDifference {
  const clocks = unpack(ends).map((bytes) => decodeStateVector(bytes, limits.clientsPerDocument));
  const pieces = unpack(updates).map((update, at) => {
    const read = clocks[at];
    return { update, ends: read?.ok === true ? read.value : new Map<number, number>() };
  });
  return { pieces, theyKnowMore };
}

function overloaded(why: string): Result<never, LogWorkerError> {
  return err(taggedError('OVERLOADED', `${why}; try again`, true));
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

/** Worker threads load built files; a test that runs from sources uses the built one too. */
function workerFile(): string {
  const built = import.meta.url.endsWith('.ts') ? '../../dist/workers/log-worker.js' : './log-worker.js';
  return fileURLToPath(new URL(built, import.meta.url));
}
