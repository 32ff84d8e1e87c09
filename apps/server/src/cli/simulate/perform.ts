import type { Experiment, Progress } from '@hearsay/simulator';
import { SingleBar } from 'cli-progress';
import { HearsayError } from '../../failures.ts';
import type { CliDeps } from '../program.ts';

/** Between two lines of progress where there is no terminal to draw on. */
const lineEveryMs = 5000;
/** The event loop gets its turn so often: else nobody would hear of Ctrl-C. */
const turnEveryMs = 50;

/** What an experiment has come to, and where it was left when it was stopped. */
export interface Performed<Result> {
  readonly result: Result;
  readonly stoppedAt: Progress | null;
}

/** Runs an experiment with its progress on stderr, until it is done or the process is asked to end. */
export async function perform<Result>(
  experiment: Experiment<Result>,
  { stderr, stop }: CliDeps,
): Promise<Performed<Result>> {
  const show = stderr.isTTY === true ? drawn(stderr) : written(stderr);
  let stoppedAt: Progress | null = null;
  let turnAt = Date.now() + turnEveryMs;
  for await (const progress of experiment.run()) {
    if (stop.aborted) {
      stoppedAt = progress;
      break;
    }
    if (Date.now() < turnAt) continue;
    show.progress(progress);
    await nextTurn();
    turnAt = Date.now() + turnEveryMs;
  }
  show.end();
  return { result: experiment.result(), stoppedAt };
}

/** To be called when everything there is has been told. */
export function endPerformance(stoppedAt: Progress | null): void {
  if (stoppedAt === null) return;
  throw new HearsayError('INTERRUPTED', `stopped at ${stoppedAt.at}`);
}

interface Display {
  progress(progress: Progress): void;
  end(): void;
}

function drawn(stream: CliDeps['stderr']): Display {
  const bar = new SingleBar({
    format: '{bar} {percentage} % | {eta_formatted} left | {at}',
    stream,
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 200,
  });
  bar.start(1000, 0, { at: '' });
  return {
    progress: ({ at, share }) => bar.update(Math.floor(share * 1000), { at }),
    end: () => bar.stop(),
  };
}

function written(stream: CliDeps['stderr']): Display {
  let nextAt = Date.now() + lineEveryMs;
  return {
    progress({ at, share }) {
      if (Date.now() < nextAt) return;
      nextAt = Date.now() + lineEveryMs;
      stream.write(`${Math.floor(share * 100)} %: ${at}\n`);
    },
    end: () => {},
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
