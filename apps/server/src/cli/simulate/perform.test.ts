import type { Experiment } from '@hearsay/simulator';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CliDeps } from '../program.ts';
import { perform } from './perform.ts';
import { simulateUntil } from './testing/run-simulate.ts';

function deps(isTTY: boolean): CliDeps & { readonly written: () => string; readonly abort: () => void } {
  const controller = new AbortController();
  let written = '';
  const write = (text: string): boolean => {
    written += text;
    return true;
  };
  // As much of a stream as a display uses.
  const stream = { write, isTTY, columns: 80, once: () => stream } as unknown as CliDeps['stderr'];
  const { signal } = controller;
  return {
    ...{ arguments: [], environment: {}, stdout: stream, stderr: stream, stop: signal },
    written: () => written,
    abort: () => controller.abort('SIGINT'),
  };
}

/** Counts to ten, a second and a half a step. */
function counting(onStep: (step: number) => void): Experiment<number> {
  let done = 0;
  return {
    *run() {
      for (let step = 1; step <= 10; step++) {
        vi.setSystemTime(Date.now() + 1500);
        done = step;
        onStep(step);
        yield { at: `step ${step}`, share: step / 10 };
      }
    },
    result: () => done,
  };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('running an experiment', () => {
  it('A52: progress is told in a line now and then where nobody draws', async () => {
    const to = deps(false);
    expect(
      await perform(
        counting(() => {}),
        to,
      ),
    ).toEqual({ result: 10, stoppedAt: null });
    expect(to.written()).toBe('40 %: step 4\n80 %: step 8\n');
  });

  it('A52: a terminal gets a bar, which is gone afterwards', async () => {
    const to = deps(true);
    await perform(
      counting(() => {}),
      to,
    );
    expect(to.written()).toContain('step 3');
    // Erased, and the cursor shown again.
    expect(to.written()).toMatch(/\[2K|\[0K|\[1K|\[J|\[0J/);
  });

  it('A52: whoever is told to stop gives what there is and says where it stopped', async () => {
    const to = deps(false);
    const stopping = counting((step) => {
      if (step === 3) to.abort();
    });
    expect(await perform(stopping, to)).toEqual({ result: 3, stoppedAt: { at: 'step 3', share: 0.3 } });
  });

  it('A52: what was done is printed, and the exit code says that it is not all', async () => {
    const aborted = AbortSignal.abort('SIGINT');
    const table = await simulateUntil(aborted, '--table', '1', '--nodes', '50', '--runs', '3');
    expect(table.code).toBe(130);
    expect(table.out).toContain('k = 1: 1 of 3 runs were made');
    expect(table.err).toContain('error INTERRUPTED: stopped at k = 1, run 1/3');
    const nodes = await simulateUntil(aborted, '--nodes', '3', '--runs', '1');
    expect(nodes).toMatchObject({ code: 130, out: '' });
  });
});
