import {
  Coverage,
  drawPlan,
  type FaultKind,
  faultKinds,
  type PlanSize,
  runPlan,
  type SimulationPlan,
  type SimulationResult,
} from '@hearsay/simulator';

/** Runs seeds one after another; a run that broke a promise ends them with how to see it again. */
export async function runSeeds(seeds: readonly string[], size: PlanSize = 'usual'): Promise<Coverage> {
  const coverage = new Coverage();
  for (const seed of seeds) {
    const result = await runPlan(drawPlan(seed, size));
    if (isBad(result)) throw new Error(failureText(result));
    coverage.add(result.coverage);
  }
  return coverage;
}

/**
 * Fault kinds that never fired, though runs were added whose plans have them: their injection is broken. `coverage` is
 * what has been seen so far.
 */
export async function kindsThatNeverFire(coverage: Coverage): Promise<FaultKind[]> {
  const silent: FaultKind[] = [];
  for (const kind of faultKinds) {
    const fired = (): boolean => coverage.of(`fault:${kind}`) > 0;
    const hasIt = (seed: string): boolean =>
      drawPlan(seed).events.some((event) => event.kind === 'fault' && event.fault === kind);
    const more = fired() ? [] : seedsOf(`more ${kind} `, 200).filter(hasIt).slice(0, 12);
    for (const seed of more) if (!fired()) coverage.add(await runSeeds([seed]));
    if (!fired()) silent.push(kind);
  }
  return silent;
}

export function isBad(result: SimulationResult): boolean {
  return result.violations.length > 0 || result.convergedAfterMs === undefined;
}

/** What was broken, and the command that replays it: to the same trace, or the run depends on more than its plan. */
export function failureText({ plan, violations, convergedAfterMs, traceDigest }: SimulationResult): string {
  const broken = violations.map(({ oracle, message }) => `  ${oracle}: ${message.slice(0, 500)}`);
  if (convergedAfterMs === undefined) broken.push('  convergence: the nodes never became equal');
  return [`seed ${plan.seed} broke a promise:`, ...broken, `trace ${traceDigest}`, replayText(plan)].join(
    '\n',
  );
}

/** How to see a run again: the command has all that its plan was drawn from, as a shell takes it. */
export function replayText({ seed, size }: Pick<SimulationPlan, 'seed' | 'size'>): string {
  const quoted = /^[\w.-]+$/.test(seed) ? seed : `'${seed.replaceAll("'", "'\\''")}'`;
  const sized = size === 'usual' ? '' : ` --size ${size}`;
  return `replay it with: npx --yes pnpm@10 simulate-seed ${quoted}${sized}`;
}

/** Seeds of one part of the test run. */
export function seedsOf(part: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${part}${n}`);
}
