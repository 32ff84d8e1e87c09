import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { emptyReport } from '../fuzz/fuzz.ts';
import { eventually } from '../support/eventually.ts';
import { emptyKills } from './kills.ts';
import type { SoakReport } from './soak.ts';
import { isSound, rareFaults, summaryOf } from './summary.ts';

const entry = fileURLToPath(new URL('../dist/soak/main.js', import.meta.url));

it('Q5: a short soak runs seeds, kills and hostile inputs, and ends with 0', {
  timeout: 120_000,
}, async () => {
  const { stdout, exitCode } = await runSoak(
    ['--minutes', '0.12', '--seed', 'short', '--json'],
    'to the end',
  );
  const report = JSON.parse(stdout) as SoakReport;
  expect(report.failures).toEqual([]);
  expect(report.seeds.failures).toEqual([]);
  expect(report.seeds.seeds).toBeGreaterThan(0);
  expect(report.kills).toMatchObject({ lost: 0, failures: [] });
  expect(report.kills.acknowledged).toBeGreaterThan(0);
  expect(report.fuzz.findings).toEqual([]);
  expect(report.fuzz.inputs).toBeGreaterThan(1000);
  expect(exitCode).toBe(0);
});

it('Q6: Ctrl-C ends it early, with the summary', { timeout: 120_000 }, async () => {
  const { stdout, exitCode } = await runSoak(['--minutes', '60', '--seed', 'early'], 'interrupted');
  expect(stdout).toContain('seed early, interrupted');
  expect(stdout).toContain('every promise was kept');
  expect(exitCode).toBe(0);
});

it('Q7: one lost update, one divergence, one stall or one dead process is a broken promise', () => {
  const sound: SoakReport = {
    seed: 's',
    minutes: 1,
    interrupted: false,
    seeds: { seeds: 3, edits: 3, acknowledged: 3, repeated: 0, counts: new Map(), failures: [] },
    rareFaults: [],
    kills: emptyKills(),
    fuzz: emptyReport(),
    inputsPerTarget: {},
    failures: [],
  };
  expect(isSound(sound)).toBe(true);
  const counts = new Map([
    ['fault:flip', 100],
    ['fault:stop', 99],
  ]);
  expect(rareFaults({ ...sound.seeds, seeds: 8000, counts }, ['flip', 'stop'])).toEqual(['stop']);
  expect(rareFaults({ ...sound.seeds, seeds: 7999 }, ['flip'])).toEqual([]);
  const finding = { target: 't', input: '00', problem: 'takes 300 ms' };
  const broken: SoakReport[] = [
    { ...sound, kills: { ...emptyKills(), lost: 1 } },
    { ...sound, seeds: { ...sound.seeds, failures: ['seed x broke a promise'] } },
    { ...sound, rareFaults: ['stop'] },
    { ...sound, seeds: { ...sound.seeds, seeds: 8000, counts: new Map() } },
    { ...sound, kills: { ...emptyKills(), kills: 20, longestStartMs: 5000 } },
    { ...sound, fuzz: { ...emptyReport(), findings: [finding] } },
    { ...sound, failures: ['the process that was fuzzed ended with SIGKILL'] },
  ];
  for (const report of broken) {
    expect(isSound(report)).toBe(false);
    expect(summaryOf(report)).toContain('PROMISES WERE BROKEN');
  }
});

/** The built command, in a process of its own. */
async function runSoak(
  arguments_: readonly string[],
  until: 'to the end' | 'interrupted',
): Promise<{ stdout: string; exitCode: number | null }> {
  const child = spawn(process.execPath, [entry, ...arguments_], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close') as Promise<[number | null]>;
  let [stdout, progress] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    progress += String(chunk);
  });
  if (until === 'interrupted') {
    await eventually('it to have begun', () => progress.includes('60 min'));
    child.kill('SIGINT');
  }
  const [exitCode] = await ended;
  return { stdout, exitCode };
}
