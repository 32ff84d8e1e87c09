import { describePlan, drawPlan, type PlanSize, runPlan, shrinkPlan } from '@hearsay/simulator';
import { SingleBar } from 'cli-progress';
import { Command, Option } from 'commander';
import { failureText, isBad } from './seeds.ts';

const program = new Command('simulate-seed')
  .description('Replays one run of the simulator; a run that breaks a promise is shrunk to what shows it.')
  .argument('<seed>', 'as a failing test printed it')
  .option('--trace <lines>', 'lines of the end of the trace to print', '40')
  .option('--attempts <count>', 'runs to spend on shrinking', '200')
  .addOption(new Option('--size <size>', 'of the run').choices(['usual', 'small', 'core']).default('usual'))
  .action(async (seed: string, options: { trace: string; attempts: string; size: PlanSize }) => {
    const keepTrace = Number(options.trace);
    const result = await runPlan(drawPlan(seed, options.size), { keepTrace });
    console.log(describePlan(result.plan).join('\n'));
    console.log(result.traceTail.join('\n'));
    for (const [what, times] of result.coverage.entries()) console.log(`  ${what}: ${times}`);
    console.log(`trace ${result.traceDigest}, ${result.traceLines} lines, ${result.edits} edits`);
    if (!isBad(result)) {
      console.log(`every promise kept; equal ${result.convergedAfterMs} ms after the last fault`);
      return;
    }
    process.exitCode = 1;
    console.log(failureText(result));
    const bar = new SingleBar({ format: 'shrinking {bar} {value}/{total} runs, {events} events left' });
    bar.start(Number(options.attempts), 0, { events: result.plan.events.length });
    const small = await shrinkPlan(
      result.plan,
      async (plan) => isBad(await runPlan(plan)),
      Number(options.attempts),
      (events, attempts) => bar.update(attempts, { events }),
    );
    bar.stop();
    const shrunk = await runPlan(small, { keepTrace });
    console.log(describePlan(shrunk.plan).join('\n'));
    console.log(shrunk.traceTail.join('\n'));
    console.log(failureText(shrunk));
  });

await program.parseAsync();
