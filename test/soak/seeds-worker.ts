import { parentPort, workerData } from 'node:worker_threads';
import { runSeed, seedThrew, type Tally, tally } from './run-seed.ts';

/** What a worker is told to begin with: it runs every `step`th seed from `first` on. */
export interface SeedsTask {
  readonly seed: string;
  readonly first: number;
  readonly step: number;
}

/** What it tells after a few seeds. */
export interface SeedsNews {
  readonly seeds: number;
  readonly edits: number;
  readonly acknowledged: number;
  readonly repeated: number;
  /** What happened how often, by name. */
  readonly counts: readonly (readonly [string, number])[];
  /** What each seed that broke a promise broke, and how to see it again. */
  readonly failures: readonly string[];
}

/** Of so many seeds one is run twice: the same seed has to give the same trace. */
const repeatEvery = 100;
const tellEveryMs = 1000;

async function run({ seed, first, step }: SeedsTask): Promise<void> {
  let stopping = false;
  parentPort?.on('message', () => {
    stopping = true;
  });
  let news: Tally = tally();
  let running = '';
  // A run that throws where nobody waits for it: what is left of it is let go.
  const note = (error: unknown): void => {
    news.failures.push(seedThrew(running, error));
    thrown();
  };
  let thrown: () => void = () => {};
  process.on('uncaughtException', note).on('unhandledRejection', note);
  let toldAt = performance.now();
  const tell = (): void => {
    parentPort?.postMessage({ ...news, counts: [...news.counts] } satisfies SeedsNews);
    news = tally();
    toldAt = performance.now();
  };
  for (let n = first; !stopping; n += step) {
    running = `${seed}-${n}`;
    const lost = new Promise<void>((resolve) => {
      thrown = resolve;
    });
    await Promise.race([runSeed(running, { twice: n % repeatEvery === 0, news }), lost]);
    if (performance.now() - toldAt > tellEveryMs) tell();
  }
  tell();
  parentPort?.close();
}

await run(workerData as SeedsTask);
