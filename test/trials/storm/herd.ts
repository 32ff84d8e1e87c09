import { constants, setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { TrialProcess } from '../trial-process.ts';
import type { HerdAnswer, HerdCommand, HerdPlan, HerdReport } from './herd-messages.ts';

/** Many clients in a few processes. */
export class Herd {
  readonly #processes: TrialProcess<HerdCommand, HerdAnswer>[] = [];

  /** Begins; `clients` is the number of all, and each process gets its part. */
  constructor(plan: Omit<HerdPlan, 'first'>, processes: number) {
    const each = Math.ceil(plan.clients / processes);
    for (let first = 0; first < plan.clients; first += each) {
      const child = new TrialProcess<HerdCommand, HerdAnswer>('storm/herd-process');
      // A node has a machine of its own, and so have its clients: here they take what is left.
      if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
      child.tell({ type: 'begin', plan: { ...plan, first, clients: Math.min(each, plan.clients - first) } });
      this.#processes.push(child);
    }
  }

  mark(): void {
    for (const child of this.#processes) child.tell({ type: 'mark' });
  }

  /** What all of them say, added up. */
  async report(): Promise<HerdReport> {
    const reports = await this.#ask('report');
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
    for (const { tokens } of await this.#ask('tokens')) {
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

  #ask<Type extends HerdAnswer['type']>(
    type: Type,
  ): Promise<readonly Extract<HerdAnswer, { readonly type: Type }>[]> {
    return Promise.all(
      this.#processes.map((child) => {
        const answer = child.answer(type);
        child.tell({ type });
        return answer;
      }),
    );
  }

  async end(): Promise<void> {
    for (const child of this.#processes) await child.end();
  }
}

function added(
  a: Readonly<Record<number, number>>,
  b: Readonly<Record<number, number>>,
): Readonly<Record<number, number>> {
  const sum: Record<number, number> = { ...a };
  for (const [status, count] of Object.entries(b)) sum[Number(status)] = (sum[Number(status)] ?? 0) + count;
  return sum;
}
