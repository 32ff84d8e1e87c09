import { TrialProcess } from '../trial-process.ts';
import type { FloodCommand, FloodKind, FloodReport } from './flood-messages.ts';

/** One flood, in a process of its own that yields to all others. */
export class Flood {
  readonly #process = new TrialProcess<FloodCommand, FloodReport>('flood/flood-process');

  constructor(kind: FloodKind, url: string, secret: string) {
    this.#process.tell({ type: 'begin', kind, url, secret });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  report(): Promise<FloodReport> {
    const report = this.#process.answer('report');
    this.#process.tell({ type: 'report' });
    return report;
  }

  end(): Promise<void> {
    return this.#process.end();
  }
}
