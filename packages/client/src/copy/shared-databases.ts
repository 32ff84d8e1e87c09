import type { CopyDatabase } from './database.ts';

interface SharedDatabase {
  readonly opening: Promise<CopyDatabase>;
  users: number;
}

/** Databases of a program by their names: LevelDB opens a directory once. */
export class SharedDatabases {
  readonly #open: (name: string) => Promise<CopyDatabase>;
  readonly #databases = new Map<string, SharedDatabase>();
  /** Closings, which whoever opens the same again waits for. */
  readonly #closing = new Map<string, Promise<void>>();

  constructor(open: (name: string) => Promise<CopyDatabase>) {
    this.#open = open;
  }

  async take(name: string): Promise<CopyDatabase> {
    const shared = this.#databases.get(name) ?? { opening: this.#openAfterClosing(name), users: 0 };
    this.#databases.set(name, shared);
    shared.users++;
    try {
      return await shared.opening;
    } catch (error) {
      if (this.#databases.get(name) === shared) this.#databases.delete(name);
      throw error;
    }
  }

  /** Once for every `take` that gave a database. */
  async release(name: string): Promise<void> {
    const shared = this.#databases.get(name);
    if (shared === undefined || --shared.users > 0) return;
    this.#databases.delete(name);
    const closing = shared.opening.then((database) => database.close());
    this.#closing.set(name, closing);
    await closing.finally(() => {
      if (this.#closing.get(name) === closing) this.#closing.delete(name);
    });
  }

  async #openAfterClosing(name: string): Promise<CopyDatabase> {
    await this.#closing.get(name)?.catch(() => {});
    return this.#open(name);
  }
}
