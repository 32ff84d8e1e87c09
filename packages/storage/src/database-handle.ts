import type { Database } from './database.ts';
import type { StoreGoneError } from './errors.ts';

/** The database in use, which may be closed and opened again under its readers. */
export interface DatabaseHandle {
  /** Runs a read; waits while there is no database, and runs it again when the database was exchanged under it. */
  read<T>(run: (database: Database) => Promise<T>): Promise<T>;
  /** Undefined while there is none. */
  current(): Database | undefined;
  attach(database: Database): void;
  /** Readers wait from now on. */
  detach(): Database | undefined;
  /** Readers fail from now on. */
  end(reason: StoreGoneError): void;
}

export function createDatabaseHandle(): DatabaseHandle {
  let current: Database | undefined;
  let gone: StoreGoneError | undefined;
  const waiting: { resolve(): void; reject(error: unknown): void }[] = [];

  return {
    async read(run) {
      for (;;) {
        if (gone !== undefined) throw gone;
        const database = current;
        if (database === undefined) {
          await new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }));
          continue;
        }
        try {
          return await run(database);
        } catch (error) {
          if (database === current) throw error;
        }
      }
    },
    current: () => current,
    attach(database) {
      current = database;
      for (const { resolve } of waiting.splice(0)) resolve();
    },
    detach() {
      const detached = current;
      current = undefined;
      return detached;
    },
    end(reason) {
      gone = reason;
      current = undefined;
      for (const { reject } of waiting.splice(0)) reject(reason);
    },
  };
}
