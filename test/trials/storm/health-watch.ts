import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { statusOf } from '../../cluster/cluster.ts';
import type { NodeProcess } from '../../support/node-process.ts';

/** Asks a node over and over how it is, on one of its ports, each time over a connection of its own, from its first answer on. */
export class HealthWatch {
  readonly #node: NodeProcess;
  readonly #port: number;
  readonly #beganAt = performance.now();
  #isOver = false;
  readonly #watching: Promise<void>;
  /** Milliseconds that an answer of `/healthz` took at most. */
  longestMs = 0;
  /** When it answered at all, took writes, and had a peer again, in milliseconds from the beginning. */
  answeredAfterMs: number | undefined;
  readyAfterMs: number | undefined;
  linkedAfterMs: number | undefined;

  constructor(node: NodeProcess, port: number) {
    this.#node = node;
    this.#port = port;
    this.#watching = this.#watch();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#watching;
  }

  async #watch(): Promise<void> {
    while (!this.#isOver) {
      const askedAt = performance.now();
      if (await this.#asks('/healthz')) {
        const now = performance.now();
        if (this.answeredAfterMs !== undefined) this.longestMs = Math.max(this.longestMs, now - askedAt);
        this.answeredAfterMs ??= now - this.#beganAt;
        if (this.readyAfterMs === undefined && (await this.#asks('/readyz')))
          this.readyAfterMs = performance.now() - this.#beganAt;
        if (this.linkedAfterMs === undefined && (await this.#isLinked()))
          this.linkedAfterMs = performance.now() - this.#beganAt;
      }
      await delay(everyMs);
    }
  }

  #asks(path: string): Promise<boolean> {
    return new Promise((resolve) => {
      get(`http://127.0.0.1:${this.#port}${path}`, { agent: false }, (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode === 200));
      }).once('error', () => resolve(false));
    });
  }

  async #isLinked(): Promise<boolean> {
    const status = await statusOf(this.#node).catch(() => undefined);
    return (status?.gossip?.linkedPeers ?? 0) > 0;
  }
}

const everyMs = 100;
