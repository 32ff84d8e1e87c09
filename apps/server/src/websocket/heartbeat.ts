import type { Connection } from './connection.ts';

/** Watches over open connections with one timer for all of them. */
export class Heartbeat {
  readonly #connections = new Set<Connection>();
  readonly #timer: NodeJS.Timeout;

  /** `now` gives monotonic milliseconds. */
  constructor(now: () => number) {
    this.#timer = setInterval(() => {
      const at = now();
      for (const connection of this.#connections) connection.checkLiveness(at);
    }, intervalMs);
    this.#timer.unref();
  }

  add(connection: Connection): void {
    this.#connections.add(connection);
  }

  delete(connection: Connection): void {
    this.#connections.delete(connection);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** Half the shortest deadline it enforces. */
const intervalMs = 5000;
