import type { Database } from './database.ts';
import {
  type LoadDepth,
  type LoadedDocument,
  type LoadOptions,
  loadDocument,
  type Pace,
} from './document-loader.ts';
import type { StoreGoneError } from './errors.ts';

/** The database in use, which may be closed and opened again under its readers. */
export interface DatabaseHandle {
  /** Runs a read; waits while there is no database, and runs it again when the database was exchanged under it. */
  read<T>(run: (database: Database) => Promise<T>): Promise<T>;
  /** Reads a document, in turns where it is large. */
  load(keyBytes: Uint8Array, depth: LoadDepth, options?: LoadOptions): Promise<LoadedDocument>;
  /** As of {@link load}, of another database than the one in use or at a moment of it. */
  readonly pace: Pace;
  /** Undefined while there is none. */
  current(): Database | undefined;
  attach(database: Database): void;
  /** Readers wait from now on. */
  detach(): Database | undefined;
  /** Readers fail from now on. */
  end(reason: StoreGoneError): void;
}

export function createDatabaseHandle(pace: Pace): DatabaseHandle {
  let current: Database | undefined;
  let gone: StoreGoneError | undefined;
  const waiting: { resolve(): void; reject(error: unknown): void }[] = [];

  async function read<T>(run: (database: Database) => Promise<T>): Promise<T> {
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
  }

  return {
    read,
    load: (keyBytes, depth, options) =>
      read((database) => loadDocument(database, keyBytes, depth, pace, options)),
    pace,
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
