import { parentPort, workerData } from 'node:worker_threads';
import { damageSigns, drawPlan, runPlan } from '@hearsay/simulator';
import { failureText, isBad } from '../simulation/seeds.ts';

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
  let news = nothing();
  let running = '';
  // A run that throws where nobody waits for it: what is left of it is let go.
  const note = (error: unknown): void => {
    news.failures.push(`seed ${running}: ${error instanceof Error ? error.stack : String(error)}`);
    thrown();
  };
  let thrown: () => void = () => {};
  process.on('uncaughtException', note).on('unhandledRejection', note);
  let toldAt = performance.now();
  const tell = (): void => {
    parentPort?.postMessage({ ...news, counts: [...news.counts] } satisfies SeedsNews);
    news = nothing();
    toldAt = performance.now();
  };
  for (let n = first; !stopping; n += step) {
    running = `${seed}-${n}`;
    const lost = new Promise<void>((resolve) => {
      thrown = resolve;
    });
    await Promise.race([runSeed(running, n % repeatEvery === 0, news), lost]);
    if (performance.now() - toldAt > tellEveryMs) tell();
  }
  tell();
  parentPort?.close();
}

interface Tally {
  seeds: number;
  edits: number;
  acknowledged: number;
  repeated: number;
  readonly counts: Map<string, number>;
  readonly failures: string[];
}

function nothing(): Tally {
  return { seeds: 0, edits: 0, acknowledged: 0, repeated: 0, counts: new Map(), failures: [] };
}

async function runSeed(seed: string, twice: boolean, news: Tally): Promise<void> {
  news.seeds++;
  try {
    const result = await runPlan(drawPlan(seed, 'small'));
    news.edits += result.edits;
    news.acknowledged += result.acknowledged;
    for (const [what, times] of result.coverage.entries()) {
      if (what.startsWith('fault:') || damageSigns.includes(what))
        news.counts.set(what, (news.counts.get(what) ?? 0) + times);
    }
    if (isBad(result)) news.failures.push(failureText(result));
    if (!twice) return;
    news.repeated++;
    const again = await runPlan(drawPlan(seed, 'small'));
    if (again.traceDigest !== result.traceDigest) news.failures.push(`seed ${seed} gives two traces`);
  } catch (error) {
    news.failures.push(`seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

await run(workerData as SeedsTask);
