import { setTimeout as delay } from 'node:timers/promises';
import { AcknowledgedWriter } from '../../soak/acknowledged-writer.ts';

/** A client that came before all others, and writes one token after the other: what does the crowd cost it? */
export class Insider {
  readonly #url: string;
  readonly #document: string;
  #isOver = false;
  readonly #writing: Promise<void>;
  readonly acknowledged: string[] = [];
  /** Milliseconds that one acknowledgement took at most. */
  longestMs = 0;
  /** How often its connection ended, the first that was let in on. */
  losses = 0;

  constructor(url: string, document: string) {
    this.#url = url;
    this.#document = document;
    this.#writing = this.#write();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#writing;
  }

  async #write(): Promise<void> {
    for (let session = 0; !this.#isOver; session++) {
      const writer = new AcknowledgedWriter(this.#url, this.#document);
      while (!writer.open && !writer.isOver && !this.#isOver) await delay(pollMs);
      const wasLetIn = writer.open;
      while (writer.open && !this.#isOver) await this.#writeOne(writer, session);
      this.acknowledged.push(...writer.acknowledged);
      if (wasLetIn && !this.#isOver) this.losses++;
      writer.end();
      await delay(pollMs);
    }
  }

  async #writeOne(writer: AcknowledgedWriter, session: number): Promise<void> {
    const before = writer.acknowledged.length;
    const writtenAt = performance.now();
    writer.write(`${session}-${before}`);
    while (writer.open && writer.acknowledged.length === before) await delay(pollMs);
    this.longestMs = Math.max(this.longestMs, performance.now() - writtenAt);
    await delay(betweenMs);
  }
}

const pollMs = 5;
const betweenMs = 50;
