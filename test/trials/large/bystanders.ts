import { setTimeout as delay } from 'node:timers/promises';
import { AcknowledgedWriter } from '../../soak/acknowledged-writer.ts';
import { eventually } from '../../support/eventually.ts';

/** Clients that write to small documents of their own, ten times a second each: what does the large one cost them? */
export class Bystanders {
  readonly #writers: AcknowledgedWriter[];
  readonly #sentAt = new Map<string, number>();
  #tookMs: number[] = [];
  #isOver = false;
  #rounds = 0;
  #writing: Promise<void>;

  private constructor(url: string, count: number, name: string) {
    this.#writers = Array.from({ length: count }, (_, at) => {
      const document = `${name}-${at}`;
      return new AcknowledgedWriter(url, document, (token) => {
        this.#tookMs.push(performance.now() - (this.#sentAt.get(`${document} ${token}`) ?? Number.NaN));
        this.#sentAt.delete(`${document} ${token}`);
      });
    });
    this.#writing = eventually('the bystanders to be let in', () =>
      this.#writers.every(({ open }) => open),
    ).then(() => this.#write(name));
  }

  static async begin(url: string, count: number, name: string): Promise<Bystanders> {
    const bystanders = new Bystanders(url, count, name);
    await eventually('the bystanders to write', () => bystanders.#tookMs.length > 0);
    bystanders.#tookMs = [];
    return bystanders;
  }

  /** Until each has written once more. */
  async round(): Promise<void> {
    const begun = this.#rounds;
    await eventually('the bystanders to write once more', () => this.#rounds > begun + 1);
  }

  /** Milliseconds that 99 of a hundred acknowledgements took at most since this was last asked. */
  async p99(): Promise<number> {
    await eventually('what was written to be acknowledged', () => this.#sentAt.size <= this.#writers.length);
    const sorted = this.#tookMs.sort((a, b) => a - b);
    this.#tookMs = [];
    return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
  }

  /** Whether one of them was put out. */
  get wasPutOut(): boolean {
    return this.#writers.some(({ isOver }) => isOver);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#writing;
    for (const writer of this.#writers) writer.end();
  }

  async #write(name: string): Promise<void> {
    for (; !this.#isOver; this.#rounds++) {
      for (const [at, writer] of this.#writers.entries()) {
        const token = String(this.#rounds);
        this.#sentAt.set(`${name}-${at} ${token}`, performance.now());
        writer.write(token);
        await delay(betweenMs / this.#writers.length);
      }
    }
  }
}

const betweenMs = 100;
