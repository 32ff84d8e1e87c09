import { damageSigns } from '@hearsay/simulator';
import type { KillsReport } from './kills.ts';
import type { SeedsReport } from './seeds.ts';
import type { SoakReport } from './soak.ts';

/** Too few seeds of a short run leave rare kinds out, which breaks no promise; of so many each kind has its share. */
const seedsForAllFaults = 8000;
const leastTimes = 100;

/** F01: a node is ready again so soon after it was killed; a soak of a moment says nothing about times. */
const mostStartMs = 5000;
const killsForTimes = 20;

function isSlow({ kills, longestStartMs }: KillsReport): boolean {
  return kills >= killsForTimes && longestStartMs >= mostStartMs;
}

/** Kinds of fault that have bitten too rarely to have shown anything: their injection is broken, or their weight is too small. */
export function rareFaults({ seeds, counts }: SeedsReport, kinds: readonly string[]): string[] {
  if (seeds < seedsForAllFaults) return [];
  return kinds.filter((kind) => (counts.get(`fault:${kind}`) ?? 0) < leastTimes);
}

/** What no store has ever counted, though many disks were damaged: damage is no longer noticed. */
export function unseenDamage({ seeds, counts }: SeedsReport): string[] {
  return seeds < seedsForAllFaults ? [] : damageSigns.filter((sign) => !counts.has(sign));
}

/** Whether every promise was kept. */
export function isSound({ seeds, rareFaults, kills, fuzz, failures }: SoakReport): boolean {
  const broken = [seeds.failures, kills.failures, fuzz.findings, failures];
  const kept =
    rareFaults.length === 0 && unseenDamage(seeds).length === 0 && kills.lost === 0 && !isSlow(kills);
  return kept && broken.every((list) => list.length === 0);
}

/** Figures for people, what went wrong last. */
export function summaryOf(report: SoakReport): string {
  const { seeds, kills, fuzz } = report;
  const faults = [...seeds.counts]
    .filter(([name]) => name.startsWith('fault:'))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const fired = faults.reduce((sum, [, times]) => sum + times, 0);
  return [
    '',
    `soak of ${report.minutes.toFixed(1)} min, seed ${report.seed}${report.interrupted ? ', interrupted' : ''}`,
    '',
    'simulator',
    `  seeds                ${count(seeds.seeds)} (${count(seeds.repeated)} of them twice)`,
    `  edits                ${count(seeds.edits)}, ${count(seeds.acknowledged)} acknowledged`,
    `  divergences          ${seeds.failures.length}`,
    `  faults fired         ${count(fired)} of ${faults.length} kinds`,
    ...columns(faults.map(([name, times]) => `${name.replace('fault:', '')} ${count(times)}`)),
    `  damage noticed       ${damageSigns.map((sign) => `${sign.replace('store:', '')} ${count(seeds.counts.get(sign) ?? 0)}`).join(', ')}`,
    `  fired too rarely     ${report.rareFaults.join(', ') || 'none'}`,
    '',
    'real nodes',
    `  kill -9              ${count(kills.kills)}, ${kills.killsInRecovery} of them during recovery`,
    `  updates sent         ${count(kills.sent)}`,
    `  acknowledged         ${count(kills.acknowledged)}`,
    `  lost                 ${kills.lost}`,
    `  kept unacknowledged  ${count(kills.keptUnacknowledged)} (allowed)`,
    `  longest start        ${(kills.longestStartMs / 1000).toFixed(1)} s`,
    '',
    'hostile inputs',
    `  inputs               ${count(fuzz.inputs)}, ${count(fuzz.taken)} taken`,
    ...Object.entries(report.inputsPerTarget).map(
      ([name, inputs]) => `    ${name.padEnd(34)} ${count(inputs)}`,
    ),
    `  longest              ${fuzz.longestMs.toFixed(0)} ms on the busy machine`,
    `  longest repeatable   ${fuzz.longestRepeatedMs.toFixed(0)} ms of inputs that took above 250 ms once`,
    `  findings             ${fuzz.findings.length}`,
    '',
    ...failuresOf(report),
    isSound(report) ? 'every promise was kept' : 'PROMISES WERE BROKEN',
  ].join('\n');
}

function failuresOf({ seeds, rareFaults, kills, fuzz, failures }: SoakReport): string[] {
  const findings = fuzz.findings.map(
    ({ target, input, problem }) => `${target}: ${problem}\n  input ${input}`,
  );
  const rare = rareFaults.map((kind) => `${kind} fired less than ${leastTimes} times`);
  const unseen = unseenDamage(seeds).map((sign) => `${sign} was never counted`);
  const slow = isSlow(kills) ? [`a node took ${kills.longestStartMs.toFixed(0)} ms to start`] : [];
  return [...seeds.failures, ...rare, ...unseen, ...slow, ...kills.failures, ...findings, ...failures].slice(
    0,
    50,
  );
}

function columns(cells: readonly string[]): string[] {
  const lines: string[] = [];
  for (let i = 0; i < cells.length; i += 4) {
    lines.push(
      `    ${cells
        .slice(i, i + 4)
        .map((cell) => cell.padEnd(25))
        .join('')}`.trimEnd(),
    );
  }
  return lines;
}

function count(value: number): string {
  return value.toLocaleString('en-GB');
}
