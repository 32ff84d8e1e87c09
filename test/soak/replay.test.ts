import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { emptyReport } from '../fuzz/fuzz.ts';
import { replayText } from '../simulation/seeds.ts';
import { emptyKills } from './kills.ts';
import { runSeed, seedThrew, tally } from './run-seed.ts';
import type { SoakReport } from './soak.ts';
import { summaryOf } from './summary.ts';

const run = promisify(execFile);
const entry = fileURLToPath(new URL('../dist/simulation/replay-seed.js', import.meta.url));
const printed = /^replay it with: npx --yes pnpm@10 simulate-seed (.*)$/m;

describe('a seed of a soak that breaks a promise', () => {
  it('Q8: is printed with the command that runs it again, to the same trace', async () => {
    const news = tally();
    await runSeed("a soak's-7", { twice: false, news, isBroken: () => true });
    const shown = summaryOf({ ...sound, seeds: news });
    const trace = /^trace (\w+)$/m.exec(shown)?.[1];
    const command = printed.exec(shown)?.[1];
    expect(trace).toMatch(/^\w{16,}$/);
    // As people do: by a shell, with what was printed.
    const { stdout } = await run('/bin/sh', ['-c', `"${process.execPath}" "${entry}" ${command}`]);
    expect(stdout).toContain(`trace ${trace}, `);
  });

  it('Q8: has the command too when its run ended with an error', () => {
    const shown = summaryOf({
      ...sound,
      seeds: { ...tally(), failures: [seedThrew('x-1', new Error('no'))] },
    });
    expect(printed.exec(shown)?.[1]).toBe('x-1 --size small');
  });

  it.each([
    ['x-1', 'usual', 'x-1'],
    ['more flip 3', 'usual', "'more flip 3'"],
    ["it's", 'core', "'it'\\''s' --size core"],
  ] as const)('Q8: %s of size %s is written %s', (seed, size, command) => {
    expect(printed.exec(replayText({ seed, size }))?.[1]).toBe(command);
  });
});

const sound: SoakReport = {
  seed: 's',
  minutes: 1,
  interrupted: false,
  seeds: tally(),
  rareFaults: [],
  kills: emptyKills(),
  fuzz: emptyReport(),
  inputsPerTarget: {},
  failures: [],
};
