/** How far an experiment has come. */
export interface Progress {
  /** What it is at, in a few words. */
  readonly at: string;
  /** From 0 to 1. */
  readonly share: number;
}

/** Work that is done bit by bit, and may be left at any of them with what there is so far. */
export interface Experiment<Result> {
  run(): AsyncGenerator<Progress, void> | Generator<Progress, void>;
  /** From what has been done. */
  result(): Result;
}

/** One that waits for nothing. */
export interface SynchronousExperiment<Result> extends Experiment<Result> {
  run(): Generator<Progress, void>;
}

/** Does all of it at once. */
export function resultOf<Result>(
  experiment: SynchronousExperiment<Result>,
  onProgress?: (progress: Progress) => void,
): Result {
  for (const progress of experiment.run()) onProgress?.(progress);
  return experiment.result();
}
