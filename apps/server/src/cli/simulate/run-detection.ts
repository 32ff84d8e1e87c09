import { defaultMembershipConfig, withoutLifeguard } from '@hearsay/gossip-sync';
import { type DetectionReport, type DetectionRow, detectionExperiment } from '@hearsay/simulator';
import { HearsayError } from '../../failures.ts';
import type { CliDeps } from '../program.ts';
import { endPerformance, perform } from './perform.ts';
import type { Given } from './settings.ts';
import { aligned, csv, digits, estimateText } from './text-table.ts';
import { writeFiles } from './write-files.ts';

/** A member's process that stops now and then does so every so many milliseconds on average. */
const betweenPausesMs = 5000;

/** How soon the failure detector sees a crash, and how often it sees one that is none. */
export async function runDetection(given: Given, deps: CliDeps): Promise<void> {
  const {
    nodes: [members = 100, ...more] = [],
    loss: [loss = 0.01] = [],
    slow = 0.1,
    pause = 2500,
    out,
  } = given;
  const { runs = 20, observed = 60, seed = 'hearsay' } = given;
  if (more.length > 0 || (given.loss?.length ?? 0) > 1) {
    throw new HearsayError('USAGE', '--detection takes one number of --nodes and one --loss');
  }
  if (members > 1000 || members < 3) throw new HearsayError('USAGE', '--detection takes 3 to 1000 nodes');
  const experiment = detectionExperiment({
    rows: [
      { label: 'with Lifeguard', config: defaultMembershipConfig },
      { label: 'without', config: withoutLifeguard(defaultMembershipConfig) },
    ],
    members,
    latencyMs: [1, 30],
    loss,
    slowness: { share: slow, runMs: betweenPausesMs, pauseMs: pause },
    runs,
    observedMs: observed * 60_000,
    seed,
  });
  const { result, stoppedAt } = await perform(experiment, deps);
  const title = `Failure detection among ${members} members, ${loss * 100} % of messages lost, ${slow * 100} % of members slow`;
  deps.stdout.write(detectionText(result, title));
  if (out !== undefined) {
    const { detectionPlot } = await import('./plot-measurements.ts');
    const written = await writeFiles(out, {
      'detection.json': `${JSON.stringify({ title, ...result }, null, 2)}\n`,
      'detection.csv': detectionCsv(result),
      'detection.svg': await detectionPlot(result),
    });
    for (const path of written) deps.stdout.write(`wrote ${path}\n`);
  }
  endPerformance(stoppedAt);
}

const crashLines = [
  ['firstSuspicion', 'ms from a crash to its first suspicion'],
  ['suspectedByAll', 'ms until all that are well suspect it'],
  ['firstDeath', 'ms until the first gives it up'],
  ['deadToAll', 'ms until all that are well know it is dead'],
] as const;

const alarmLines = [
  ['suspicionsOfHealthy', 'false suspicions of members that are well, a node and hour'],
  ['suspicionsOfSlow', 'suspicions of members that are slow, a node and hour'],
  ['deathsOfHealthy', 'members that are well given up, a node and hour'],
  ['deathsOfSlow', 'members that are slow given up, a node and hour'],
  ['messageRate', 'messages, a node and second'],
] as const;

function detectionText({ rows, runs, observedMs, seed }: DetectionReport, title: string): string {
  const texts = (text: (row: DetectionRow) => string): string[] => rows.map(text);
  const lines = [
    ['', ...texts(({ label }) => label)],
    ...crashLines.map(([key, meaning]) => [meaning, ...texts(({ crash }) => estimateText(crash[key]))]),
    ...alarmLines.map(([key, meaning]) => [
      meaning,
      ...texts(({ alarms }) => (alarms === null ? '-' : digits(alarms[key]))),
    ]),
  ];
  const head = `${runs} crashes among members that are well; ${observedMs / 60_000} minutes without a crash for the false alarms; seed ${seed}`;
  return [title, head, '', ...aligned(lines), ''].join('\n');
}

function detectionCsv({ rows }: DetectionReport): string {
  const lines = rows.flatMap(({ label, crash, alarms }) => [
    ...crashLines.map(([key]) => [label, `${key}Ms`, crash[key].mean, crash[key].halfWidth]),
    ...alarmLines.map(([key]) => [label, key, alarms?.[key], null]),
  ]);
  return csv([['row', 'figure', 'mean', 'half_width_95'], ...lines]);
}
