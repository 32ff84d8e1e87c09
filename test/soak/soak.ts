import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { faultKinds } from '@hearsay/simulator';
import { SingleBar } from 'cli-progress';
import { emptyReport, type FuzzReport } from '../fuzz/fuzz.ts';
import type { FuzzNews } from './fuzz-worker.ts';
import { emptyKills, type KillsReport, killNodes } from './kills.ts';
import { runSeedsInThreads, type SeedsReport } from './seeds.ts';
import { rareFaults } from './summary.ts';

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: string;
  /** Threads that run seeds. */
  readonly threads: number;
}

/** Everything a soak has seen. */
export interface SoakReport {
  readonly seed: string;
  readonly minutes: number;
  readonly interrupted: boolean;
  readonly seeds: SeedsReport;
  /** Kinds of fault of the simulator that fired too rarely for so many seeds. */
  readonly rareFaults: readonly string[];
  readonly kills: KillsReport;
  readonly fuzz: FuzzReport;
  readonly inputsPerTarget: Readonly<Record<string, number>>;
  /** What else went wrong. */
  readonly failures: readonly string[];
}

/** Runs all three at once until the time is over or Ctrl-C comes; then each finishes what it is at. */
export async function soak({ minutes, seed, threads }: SoakOptions): Promise<SoakReport> {
  const startedAt = performance.now();
  const endsAt = startedAt + minutes * 60_000;
  let interrupted = false;
  const interrupt = (): void => {
    // A second one ends the process at once.
    process.removeListener('SIGINT', interrupt);
    interrupted = true;
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const goOn = (): boolean => !interrupted && performance.now() < endsAt;

  const failures: string[] = [];
  const seeds = runSeedsInThreads(seed, threads);
  const kills = emptyKills();
  const killing = killNodes(seed, kills, goOn);
  const fuzzing = fuzzInProcess(seed, failures);
  const bar = new SingleBar({
    format:
      '{bar} {percentage}% of {minutes} min | {seeds} seeds, {kills} kills, {inputs} inputs | ' +
      '{lost} lost, {diverged} diverged, {found} found',
    noTTYOutput: true,
    notTTYSchedule: 30_000,
  });
  const figures = (): object => ({
    minutes,
    seeds: seeds.report.seeds,
    kills: kills.kills,
    inputs: fuzzing.latest().report.inputs,
    lost: kills.lost,
    diverged: seeds.report.failures.length,
    found: fuzzing.latest().report.findings.length,
  });
  bar.start(minutes * 60, 0, figures());
  while (goOn()) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    bar.update(Math.min(minutes * 60, Math.floor((performance.now() - startedAt) / 1000)), figures());
  }
  await Promise.all([seeds.stop(), killing, fuzzing.stop()]);
  bar.update(figures());
  bar.stop();
  const { report, perTarget } = fuzzing.latest();
  return {
    seed,
    minutes: (performance.now() - startedAt) / 60_000,
    interrupted,
    seeds: seeds.report,
    rareFaults: rareFaults(seeds.report, faultKinds),
    kills,
    fuzz: report,
    inputsPerTarget: perTarget,
    failures,
  };
}

interface Fuzzing {
  latest(): FuzzNews;
  stop(): Promise<void>;
}

function fuzzInProcess(seed: string, failures: string[]): Fuzzing {
  let latest: FuzzNews = { report: emptyReport(), perTarget: {} };
  // A group of its own would survive this process; Ctrl-C reaches both, and both know.
  const child = fork(fileURLToPath(new URL('fuzz-worker.js', import.meta.url)), [seed]);
  child.on('message', (news: FuzzNews) => {
    latest = news;
  });
  const ended = once(child, 'exit').then(([code, signal]: unknown[]) => {
    if (code !== 0) failures.push(`the process that was fuzzed ended with ${code ?? signal}`);
  });
  return {
    latest: () => latest,
    async stop() {
      if (child.connected) child.send('stop');
      await ended;
    },
  };
}
