import { Command, InvalidArgumentError } from 'commander';
import { isKept, lineOf, TrialRefusedError } from './trial.ts';
import { trials } from './trials.ts';

const names = Object.entries(trials);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

const program = new Command('trial')
  .description(
    'Puts real nodes through what takes too long, or rights too great, for every test run. Exit status 1 when a limit\n' +
      'was broken, 2 when a trial cannot be run here. Ctrl-C ends it early.\n\n' +
      names
        .map(
          ([name, { about, needs }]) =>
            `  ${name.padEnd(16)} ${about}${needs === undefined ? '' : ` (needs ${needs})`}`,
        )
        .join('\n'),
  )
  .argument('<names...>', 'which to run, one after the other; "all" for all')
  .option('--scale <share>', 'of the full size, from above 0 to 1', share, 1)
  .option('--seed <text>', 'the same seed draws the same choices', Date.now().toString(36))
  .option('--other <directory>', 'compiled checkout of another release, for version-skew')
  .action(async (asked: string[], options: { scale: number; seed: string; other?: string }) => {
    for (const name of asked.includes('all') ? names.map(([known]) => known) : asked) {
      const trial = Object.hasOwn(trials, name) ? trials[name] : undefined;
      if (trial === undefined) {
        const known = names.map(([each]) => each).join(', ');
        console.error(`There is no trial "${name}"; there are: ${known}`);
        process.exitCode = 2;
        return;
      }
      if (stop.signal.aborted) return;
      console.log(`\n${name}: ${trial.about} (seed ${options.seed})`);
      const say = (line: string): void => console.log(`  ${line}`);
      const { scale, seed, other } = options;
      const measures = await trial
        .run({ scale, seed, other, signal: stop.signal, say })
        .catch((error: unknown) => {
          if (!(error instanceof TrialRefusedError)) throw error;
          console.error(error.message);
          return undefined;
        });
      if (measures === undefined) {
        process.exitCode = 2;
        return;
      }
      for (const measure of measures) console.log(lineOf(measure));
      if (!measures.every(isKept)) process.exitCode = 1;
    }
  });

await program.parseAsync();

function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError('A number above 0, up to 1.');
  return value;
}
