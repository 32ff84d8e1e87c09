import type { DocumentKey, ReplicaId } from '@hearsay/core';
import type { ExchangeResult } from './events.ts';
import type { ExchangeMode } from './messages.ts';

/** One document to be made equal with one peer. */
export class Job {
  readonly key: DocumentKey;
  readonly mode: ExchangeMode;
  /** Rounds since something last went over. */
  idleRounds = 0;
  /** Something went over, in any round. */
  isMoved = false;
  hasFailed = false;
  /** To be asked about again: this round did not bring all of it. */
  isUnfinished = false;

  constructor(key: DocumentKey, mode: ExchangeMode) {
    this.key = key;
    this.mode = mode;
  }

  moved(): void {
    this.isMoved = true;
    this.idleRounds = 0;
  }

  get result(): ExchangeResult {
    if (this.hasFailed) return 'failed';
    return this.isMoved ? 'moved' : 'same';
  }
}

/** Documents that are described to a peer in one message, until all they lead to is done. */
export class Batch {
  readonly id: number;
  readonly peer: ReplicaId;
  readonly mode: ExchangeMode;
  readonly jobs: ReadonlyMap<DocumentKey, Job>;
  readonly startedAt: number;
  progressAt: number;
  /** Answers of the peer and of the store that are still to come. */
  outstanding = 1;
  /** The peer's answer is awaited, and only then welcome. */
  awaits: 'differences' | 'stored' | null = null;
  /** Documents whose changes were sent, in this round. */
  pushed: readonly DocumentKey[] = [];

  constructor(id: number, peer: ReplicaId, jobs: readonly Job[], now: number) {
    this.id = id;
    this.peer = peer;
    this.mode = jobs[0]?.mode ?? 'push-pull';
    this.jobs = new Map(jobs.map((job) => [job.key, job]));
    this.startedAt = now;
    this.progressAt = now;
  }
}
