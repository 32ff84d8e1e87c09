import { isKept, type Measure, type Trial } from './trial.ts';

/** What a trial breaks on a small scale. How long it takes is for the trial itself, on a machine that does nothing else. */
export async function brokenOnScale(trial: Trial, scale: number): Promise<readonly Measure[]> {
  const { signal } = new AbortController();
  const measures = await trial.run({ scale, seed: 'short', other: undefined, signal, say: () => {} });
  return measures.filter((measure) => !isKept(measure) && !/^m?s$/.test(measure.unit));
}
