import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { SeedsNews, SeedsTask } from './seeds-worker.ts';

/** The seeds of all workers together. */
export interface SeedsReport {
  seeds: number;
  edits: number;
  acknowledged: number;
  repeated: number;
  readonly counts: Map<string, number>;
  readonly failures: string[];
}

export interface SeedsRun {
  readonly report: SeedsReport;
  /** Lets every worker finish its seed. */
  stop(): Promise<void>;
}

/** Runs seeds of the simulator in so many threads until told to stop. */
export function runSeedsInThreads(seed: string, threads: number): SeedsRun {
  const report: SeedsReport = {
    seeds: 0,
    edits: 0,
    acknowledged: 0,
    repeated: 0,
    counts: new Map(),
    failures: [],
  };
  const workers = Array.from({ length: threads }, (_, first) => {
    const task: SeedsTask = { seed, first, step: threads };
    const worker = new Worker(new URL('seeds-worker.js', import.meta.url), { workerData: task });
    worker.on('message', (news: SeedsNews) => add(report, news));
    worker.on('error', (error) => report.failures.push(`a worker failed: ${error.stack}`));
    return { worker, ended: once(worker, 'exit').catch(() => {}) };
  });
  return {
    report,
    async stop() {
      for (const { worker } of workers) worker.postMessage('stop');
      await Promise.all(workers.map(({ ended }) => ended));
    },
  };
}

function add(report: SeedsReport, news: SeedsNews): void {
  report.seeds += news.seeds;
  report.edits += news.edits;
  report.acknowledged += news.acknowledged;
  report.repeated += news.repeated;
  for (const [what, times] of news.counts) report.counts.set(what, (report.counts.get(what) ?? 0) + times);
  report.failures.push(...news.failures);
}
