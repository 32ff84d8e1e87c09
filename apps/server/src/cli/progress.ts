import { SingleBar } from 'cli-progress';
import type { CliDeps } from './program.ts';

/** Shows how far a long command has come: a bar on a terminal, now and then a line elsewhere. */
export interface Progress {
  /** Begins a step of its own; the one before is over. `unit` is what is counted. */
  step(label: string, unit: string): void;
  /** `total` may grow; 0: unknown. */
  update(done: number, total: number): void;
  stop(): void;
}

export function createProgress({ stderr }: Pick<CliDeps, 'stderr'>): Progress {
  return stderr.isTTY === true ? barProgress(stderr) : lineProgress(stderr);
}

function barProgress(stderr: NodeJS.WritableStream): Progress {
  let bar: SingleBar | undefined;
  return {
    step(label, unit) {
      bar?.stop();
      bar = new SingleBar({
        format: `${label} {bar} {percentage} % | {value} of {total} ${unit} | {eta_formatted} left`,
        stream: stderr,
        hideCursor: true,
        clearOnComplete: false,
      });
      bar.start(0, 0);
    },
    update(done, total) {
      bar?.setTotal(Math.max(done, total));
      bar?.update(done);
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}

/** Hundredths between two lines: few enough for a log. */
const lineStep = 10;

function lineProgress(stderr: NodeJS.WritableStream): Progress {
  let shown = -1;
  let [label, unit] = ['', ''];
  return {
    step(nextLabel, nextUnit) {
      [label, unit] = [nextLabel, nextUnit];
      shown = -1;
    },
    update(done, total) {
      const percent = total === 0 ? 0 : Math.min(100, Math.floor((100 * done) / total));
      const reached = percent - (percent % lineStep);
      if (reached <= shown) return;
      shown = reached;
      stderr.write(`${label}: ${percent} % (${done} of ${total} ${unit})\n`);
    },
    stop() {},
  };
}
