import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result, type TaggedError, taggedError } from '@hearsay/core';
import { lockDirectory } from './directory-lock.ts';
import { syncDirectory } from './durable-file.ts';

export type SetAsideError = TaggedError<'STORE_LOCKED' | 'DIRECTORY_UNWRITABLE'>;

/**
 * Moves a store that no process has open into a directory of its own below its data directory, so that a fresh replica can
 * take its place; deletes nothing. Gives the path of that directory, or null where there was no store. For damaged
 * stores, and for replicas that were away longer than deletions are remembered, which must not be merged.
 */
export async function setAsideStore(
  directory: string,
  now: Date,
): Promise<Result<string | null, SetAsideError>> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const lock = await lockDirectory(join(directory, 'store.lock'));
    if (!lock.ok) return lock;
    try {
      return ok(await move(directory, now));
    } finally {
      await lock.value.release();
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return err(taggedError('DIRECTORY_UNWRITABLE', why));
  }
}

/**
 * Puts a closed store from elsewhere on the same disk in the place of the one in `directory`, which is set aside. For a caller
 * that holds the directory's lock. Gives where the old store is now; null where there was none.
 */
export async function replaceStore(directory: string, fresh: string, now: Date): Promise<string | null> {
  const aside = await move(directory, now);
  for (const name of files) await rename(join(fresh, name), join(directory, name));
  await syncDirectory(directory);
  return aside;
}

/** The database first: a sentinel without one is refused, one without the other way round would be opened. */
const files = ['db', 'store.json'];

async function move(directory: string, now: Date): Promise<string | null> {
  const present = await readdir(directory);
  const moved = files.filter((name) => present.includes(name));
  if (moved.length === 0) return null;
  const aside = await freshDirectory(join(directory, `aside-${now.toISOString().replace(/[:.]/g, '-')}`));
  for (const name of moved) await rename(join(directory, name), join(aside, name));
  await syncDirectory(aside);
  await syncDirectory(directory);
  return aside;
}

async function freshDirectory(path: string): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const candidate = attempt === 0 ? path : `${path}-${attempt}`;
    try {
      await mkdir(candidate, { mode: 0o700 });
      return candidate;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}
