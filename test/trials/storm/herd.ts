import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { HerdAnswer, HerdCommand, HerdPlan, HerdReport } from './herd-messages.ts';

/** Many clients in a few processes. */
export class Herd {
  readonly #processes: ChildProcess[] = [];

  /** Begins; `clients` is the number of all, and each process gets its part. */
  constructor(plan: Omit<HerdPlan, 'first'>, processes: number) {
    const each = Math.ceil(plan.clients / processes);
    for (let first = 0; first < plan.clients; first += each) {
      const child = fork(program, [], { execArgv: [] });
      // A node has a machine of its own, and so have its clients: here they take what is left.
      if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
      child.send({
        type: 'begin',
        plan: { ...plan, first, clients: Math.min(each, plan.clients - first) },
      } satisfies HerdCommand);
      this.#processes.push(child);
    }
  }

  mark(): void {
    for (const child of this.#processes) child.send({ type: 'mark' } satisfies HerdCommand);
  }

  /** What all of them say, added up. */
  async report(): Promise<HerdReport> {
    const reports = await Promise.all(this.#processes.map((child) => ask(child, 'report')));
    return reports.reduce((sum, part) => ({
      type: 'report',
      clients: sum.clients + part.clients,
      served: sum.served + part.served,
      servedSinceMark: sum.servedSinceMark + part.servedSinceMark,
      lastServedAt: Math.max(sum.lastServedAt, part.lastServedAt),
      attempts: sum.attempts + part.attempts,
      acknowledged: sum.acknowledged + part.acknowledged,
      refused: added(sum.refused, part.refused),
      refusedWithRetryAfter: sum.refusedWithRetryAfter + part.refusedWithRetryAfter,
    }));
  }

  /** All that has been acknowledged, by document. */
  async tokens(): Promise<ReadonlyMap<string, readonly string[]>> {
    const all = new Map<string, string[]>();
    for (const { tokens } of await Promise.all(this.#processes.map((child) => ask(child, 'tokens')))) {
      for (const [document, of] of Object.entries(tokens)) {
        all.set(document, [...(all.get(document) ?? []), ...of]);
      }
    }
    return all;
  }

  /** Waits until so many are served since the last mark; gives the last report, also when time runs out first. */
  async untilServed(clients: number, timeoutMs: number, signal: AbortSignal): Promise<HerdReport> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const report = await this.report();
      if (report.servedSinceMark >= clients || performance.now() > deadline || signal.aborted) return report;
      await delay(100);
    }
  }

  async end(): Promise<void> {
    for (const child of this.#processes) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await ended;
    }
  }
}

/** Tests run from their sources; the processes that they start run what was built. */
const program = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/trials/storm/herd-process.js' : './herd-process.js',
    import.meta.url,
  ),
);

function ask<Type extends HerdAnswer['type']>(
  child: ChildProcess,
  type: Type,
): Promise<Extract<HerdAnswer, { readonly type: Type }>> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('a process of the herd has ended'));
    const heard = (answer: HerdAnswer): void => {
      if (!isOf(answer, type)) return;
      child.off('message', heard);
      child.off('exit', ended);
      resolve(answer);
    };
    child.on('message', heard);
    child.once('exit', ended);
    child.send({ type } satisfies HerdCommand);
  });
}

function isOf<Type extends HerdAnswer['type']>(
  answer: HerdAnswer,
  type: Type,
): answer is Extract<HerdAnswer, { readonly type: Type }> {
  return answer.type === type;
}

function added(
  a: Readonly<Record<number, number>>,
  b: Readonly<Record<number, number>>,
): Readonly<Record<number, number>> {
  const sum: Record<number, number> = { ...a };
  for (const [status, count] of Object.entries(b)) sum[Number(status)] = (sum[Number(status)] ?? 0) + count;
  return sum;
}
