import { err, ok } from '@hearsay/core';
import type { BatchOperation } from './database.ts';
import { storeBusy, type WriteFailure } from './errors.ts';
import type { Counters } from './records.ts';
import type { CommittedChange } from './store-types.ts';
import { composeTurn, type Turn } from './turn.ts';
import type { WriteTask } from './write-task.ts';

export interface WriteLoop {
  /** Queues a task; it settles when its batch is on disk or has failed. */
  push(task: WriteTask): void;
  /** Why nothing may be pushed now; null when it may. What the store itself writes is pushed all the same. */
  refusal(): WriteFailure | null;
  readonly queuedBytes: number;
  readonly counters: Counters;
  /** Resolves when nothing is queued or in flight. */
  idle(): Promise<void>;
  /** After a failure: refuses with `reason` from now on. */
  halt(reason: WriteFailure): void;
  /** Writes again, from what the database says now. */
  resume(counters: Counters): void;
}

export interface WriteLoopDeps {
  /** Writes one batch, atomically, as durable as the store is configured. */
  write(operations: readonly BatchOperation[]): Promise<void>;
  /** After every written batch, before its tasks settle. */
  committed(turn: Turn): void;
  announce(changes: readonly CommittedChange[]): void;
  /** A batch failed: what is in memory beyond the disk is void. Gives the reason that the tasks hear. */
  failed(error: unknown): WriteFailure;
  /** Why nothing more is taken though nothing has failed; null when it is. */
  hindrance(): WriteFailure | null;
  /** Lets everything speak that has something to say now, so that it shares the batch. */
  nextTurn(): Promise<void>;
  readonly maxQueueBytes: number;
  readonly maxBatchBytes: number;
}

/**
 * Group commit: one batch at a time; whatever arrives while it is being synced goes into the next. So a slow disk makes
 * batches larger, not queues longer.
 */
export function createWriteLoop(deps: WriteLoopDeps, start: Counters): WriteLoop {
  let counters = start;
  let queue: WriteTask[] = [];
  let queuedBytes = 0;
  let running = false;
  let halted: WriteFailure | null = null;
  const idlers: (() => void)[] = [];

  function take(): WriteTask[] {
    let bytes = 0;
    let count = 0;
    while (count < queue.length && (count === 0 || bytes < deps.maxBatchBytes)) {
      bytes += queue[count]?.bytes ?? 0;
      count++;
    }
    const taken = count === queue.length ? queue : queue.slice(0, count);
    queue = count === queue.length ? [] : queue.slice(count);
    return taken;
  }

  async function run(): Promise<void> {
    await deps.nextTurn();
    while (queue.length > 0 && halted === null) {
      const tasks = take();
      const turn = composeTurn(tasks, counters);
      try {
        await deps.write(turn.operations);
      } catch (error) {
        fail(tasks, error);
        break;
      }
      counters = turn.counters;
      for (const task of tasks) queuedBytes -= task.bytes;
      deps.committed(turn);
      if (turn.changes.length > 0) deps.announce(turn.changes);
      let sequence = turn.counters.outboxHead - turn.changes.length;
      for (const task of tasks) {
        if (task.kind === 'change' && task.news !== null) sequence++;
        task.settle(ok(sequence));
      }
      if (queue.length > 0) await deps.nextTurn();
    }
    running = false;
    if (queue.length === 0) for (const resolve of idlers.splice(0)) resolve();
  }

  function fail(tasks: readonly WriteTask[], error: unknown): void {
    const rest = queue;
    queue = [];
    queuedBytes = 0;
    const reason = deps.failed(error);
    halted = reason;
    for (const task of [...tasks, ...rest]) task.settle(err(reason));
  }

  return {
    push(task) {
      if (halted !== null) {
        task.settle(err(halted));
        return;
      }
      queue.push(task);
      queuedBytes += task.bytes;
      if (running) return;
      running = true;
      void run();
    },
    refusal: () => halted ?? deps.hindrance() ?? (queuedBytes > deps.maxQueueBytes ? storeBusy() : null),
    get queuedBytes() {
      return queuedBytes;
    },
    get counters() {
      return counters;
    },
    idle: () => (running ? new Promise((resolve) => idlers.push(resolve)) : Promise.resolve()),
    halt(reason) {
      halted = reason;
    },
    resume(read) {
      counters = read;
      halted = null;
    },
  };
}
