import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { soak } from './soak.ts';
import { isSound, summaryOf } from './summary.ts';

const program = new Command('soak')
  .description(
    'Runs everything that can go wrong, for as long as you like: seeds of the simulator with all faults in one thread a\n' +
      'core, kill -9 loops of two real nodes whose clients know what was acknowledged, and mutations of every parser’s\n' +
      'input. Ends with a summary; exit status 1 when any promise was broken. Ctrl-C ends it early.',
  )
  .option('--minutes <number>', 'how long', positive, 5)
  .option('--seed <text>', 'the same seed draws the same plans and inputs', drawnSeed())
  .option('--threads <count>', 'that run seeds', positive, availableParallelism())
  .option('--json', 'the summary as JSON', false)
  .action(async (options: { minutes: number; seed: string; threads: number; json: boolean }) => {
    const report = await soak(options);
    console.log(options.json ? JSON.stringify(report, mapsAsObjects, 2) : summaryOf(report));
    process.exitCode = isSound(report) ? 0 : 1;
  });

await program.parseAsync();

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('A number above 0.');
  return value;
}

/** Another one each time. */
function drawnSeed(): string {
  return Date.now().toString(36);
}

function mapsAsObjects(_key: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}
