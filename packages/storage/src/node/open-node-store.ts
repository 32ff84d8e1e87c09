import { webcrypto } from 'node:crypto';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { err, type Result, taggedError } from '@hearsay/core';
import { ClassicLevel } from 'classic-level';
import type { DatabaseFactory } from '../database.ts';
import type { OpenError } from '../errors.ts';
import { openStore } from '../store.ts';
import type { DocumentStore, StoreOptions } from '../store-types.ts';
import { type DirectoryLock, lockDirectory } from './directory-lock.ts';
import { fileSentinel } from './file-sentinel.ts';
import { beginFirstStart, endFirstStart, makeDirectory } from './first-start.ts';
import { isLogTorn } from './torn-log.ts';

export interface NodeStoreOptions
  extends Omit<
    StoreOptions,
    'openDatabase' | 'sentinel' | 'wasTorn' | 'hasRoom' | 'lease' | 'random' | 'nextTurn'
  > {
  /** Made where it is missing, for its owner alone. Holds `store.json`, `store.lock` and the database in `db/`. */
  readonly directory: string;
  /** Wraps the database: for tests that inject faults. */
  readonly wrapDatabase?: (factory: DatabaseFactory) => DatabaseFactory;
}

/** Opens the store in a directory, on `classic-level`. */
export async function openNodeStore(options: NodeStoreOptions): Promise<Result<DocumentStore, OpenError>> {
  const { directory, wrapDatabase, ...rest } = options;
  const locked = await lock(directory);
  if (!locked.ok) return locked;
  const database = join(directory, 'db');
  const factory = classicDatabase(database);
  const store = await openStore({
    ...rest,
    // LevelDB's opening leaves no trace of it.
    wasTorn: await isLogTorn(database).catch(() => false),
    openDatabase: wrapDatabase?.(factory) ?? factory,
    sentinel: fileSentinel(join(directory, 'store.json')),
    hasRoom: () => hasRoom(directory),
    nextTurn: () => setImmediate(),
    lease: locked.value,
    random: { bytes: (count) => webcrypto.getRandomValues(new Uint8Array(count)) },
  });
  if (!store.ok) {
    await locked.value.release();
    return store;
  }
  try {
    await endFirstStart(directory);
    return store;
  } catch (error) {
    await store.value.close();
    return err(unwritable(error));
  }
}

/**
 * LevelDB in a directory of its own; never created where there should be one. Without compression: a flipped bit then
 * spoils one record, which its checksum tells and a peer heals. In a compressed block it spoils all of its hundred records
 * for good, since neither reads nor LevelDB's own compaction get past it.
 */
export function classicDatabase(location: string): DatabaseFactory {
  return ({ create }) =>
    new ClassicLevel<Uint8Array, Uint8Array>(location, {
      keyEncoding: 'view',
      valueEncoding: 'view',
      createIfMissing: create,
      compression: false,
    });
}

async function lock(directory: string): Promise<Result<DirectoryLock, OpenError>> {
  try {
    await makeDirectory(directory);
    const locked = await lockDirectory(join(directory, 'store.lock'));
    if (!locked.ok) return locked;
    try {
      await beginFirstStart(directory);
    } catch (error) {
      await locked.value.release();
      throw error;
    }
    return locked;
  } catch (error) {
    return err(unwritable(error));
  }
}

function unwritable(error: unknown): OpenError {
  const why = error instanceof Error ? error.message : String(error);
  return taggedError('DIRECTORY_UNWRITABLE', `the data directory cannot be written to: ${why}`);
}

/** A write buffer and a table of LevelDB's; a tenth of disks that are smaller than that. */
const roomBytes = 8_388_608;

async function hasRoom(directory: string): Promise<boolean> {
  // Only who writes is told by a file system that has made itself read-only after an error.
  const probe = join(directory, 'store.probe');
  try {
    await writeFile(probe, '', { mode: 0o600 });
    await rm(probe);
  } catch {
    return false;
  }
  const { bavail, blocks, bsize } = await statfs(directory);
  return bavail * bsize >= Math.min(roomBytes, (blocks * bsize) / 10);
}
