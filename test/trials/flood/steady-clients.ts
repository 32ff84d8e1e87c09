import { AcknowledgedWriter } from '../../soak/acknowledged-writer.ts';
import { eventually } from '../../support/eventually.ts';

/** Well-behaved clients: each writes a token now and then, and it is measured how long each acknowledgement takes. */
export class SteadyClients {
  readonly #writers: AcknowledgedWriter[];
  readonly #sentAt = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #latencies: number[] = [];
  #turn = 0;

  /** They write in turn, so that no two wait for the same sync; each every `everyMs`. */
  constructor(url: string, names: readonly string[], everyMs: number) {
    this.#writers = names.map(
      (name) => new AcknowledgedWriter(url, name, (token) => this.#acknowledged(token)),
    );
    this.#timer = setInterval(() => this.#writeNext(), everyMs / names.length);
  }

  async untilOpen(): Promise<void> {
    await eventually('clients to be let in', () => this.#writers.every(({ open }) => open));
  }

  /** What is acknowledged from now on is measured anew. */
  mark(): void {
    this.#latencies = [];
  }

  get acknowledged(): number {
    return this.#latencies.length;
  }

  /** Milliseconds that so many of a hundred acknowledgements took at most; those that are still waited for count as well. */
  percentile(percent: number): number {
    const now = performance.now();
    const waiting = [...this.#sentAt.values()].map((sentAt) => now - sentAt);
    const sorted = [...this.#latencies, ...waiting].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
  }

  /** Of those whose connections have ended. */
  get lost(): number {
    return this.#writers.filter(({ open }) => !open).length;
  }

  end(): void {
    clearInterval(this.#timer);
    for (const writer of this.#writers) writer.end();
  }

  #writeNext(): void {
    const writer = this.#writers[this.#turn++ % this.#writers.length];
    if (writer?.open !== true) return;
    const token = `t${this.#turn}`;
    this.#sentAt.set(token, performance.now());
    writer.write(token);
  }

  #acknowledged(token: string): void {
    const sentAt = this.#sentAt.get(token);
    if (sentAt === undefined) return;
    this.#sentAt.delete(token);
    this.#latencies.push(performance.now() - sentAt);
  }
}
