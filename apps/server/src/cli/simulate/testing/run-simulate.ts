import { Writable } from 'node:stream';
import { runCli } from '../../program.ts';

export interface SimulateOutcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `hearsay simulate` with its output collected. */
export async function simulate(...given: readonly string[]): Promise<SimulateOutcome> {
  return simulateUntil(new AbortController().signal, ...given);
}

/** The same, ended by a signal. */
export async function simulateUntil(
  stop: AbortSignal,
  ...given: readonly string[]
): Promise<SimulateOutcome> {
  const [out, err] = [new Collected(), new Collected()];
  const code = await runCli({
    arguments: ['simulate', ...given],
    environment: {},
    stdout: out,
    stderr: err,
    stop,
  });
  return { code, out: out.text, err: err.text };
}

class Collected extends Writable {
  text = '';

  override _write(chunk: unknown, _: BufferEncoding, done: () => void): void {
    this.text += String(chunk);
    done();
  }
}
