import { damageSigns, drawPlan, type PlanSize, runPlan, type SimulationResult } from '@hearsay/simulator';
import { failureText, isBad, replayText } from '../simulation/seeds.ts';

/** What runs of seeds have come to. */
export interface Tally {
  seeds: number;
  edits: number;
  acknowledged: number;
  repeated: number;
  /** What happened how often, by name. */
  readonly counts: Map<string, number>;
  /** What each seed that broke a promise broke, and how to see it again. */
  readonly failures: string[];
}

/** Of runs as short as these, many go into an hour. */
const size: PlanSize = 'small';

export function tally(): Tally {
  return { seeds: 0, edits: 0, acknowledged: 0, repeated: 0, counts: new Map(), failures: [] };
}

/** Runs a seed, or runs it twice, as the same one has to give the same trace, and adds what came of it. */
export async function runSeed(
  seed: string,
  { twice, news, isBroken = isBad }: RunSeedOptions,
): Promise<void> {
  news.seeds++;
  try {
    const result = await runPlan(drawPlan(seed, size));
    news.edits += result.edits;
    news.acknowledged += result.acknowledged;
    for (const [what, times] of result.coverage.entries()) {
      if (what.startsWith('fault:') || damageSigns.includes(what))
        news.counts.set(what, (news.counts.get(what) ?? 0) + times);
    }
    if (isBroken(result)) news.failures.push(failureText(result));
    if (!twice) return;
    news.repeated++;
    const again = await runPlan(drawPlan(seed, size));
    if (again.traceDigest === result.traceDigest) return;
    news.failures.push(`seed ${seed} gives two traces\n${replayText({ seed, size })}`);
  } catch (error) {
    news.failures.push(seedThrew(seed, error));
  }
}

/** A run that ended with an error of its own. */
export function seedThrew(seed: string, error: unknown): string {
  const told = error instanceof Error ? error.stack : String(error);
  return `seed ${seed}: ${told}\n${replayText({ seed, size })}`;
}

interface RunSeedOptions {
  readonly twice: boolean;
  readonly news: Tally;
  /** Whether a promise was broken; otherwise only in tests. */
  readonly isBroken?: (result: SimulationResult) => boolean;
}
