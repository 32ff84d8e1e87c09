import { constants } from 'node:fs';
import { copyFile, link, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { err, ok, type Result, taggedError } from '@hearsay/core';
import type { OpenError } from '../errors.ts';
import type { SentinelRecord } from '../sentinel.ts';
import type { DocumentStore } from '../store-types.ts';
import { type DirectoryLock, lockDirectory } from './directory-lock.ts';
import { fileSentinel } from './file-sentinel.ts';
import { type NodeStoreOptions, openNodeStore } from './open-node-store.ts';

export interface StoreView {
  /** The store as it is on disk; whatever is written to it is thrown away. */
  readonly store: DocumentStore;
  /** What its sentinel says; undefined where there is none. */
  readonly sentinel: SentinelRecord | undefined;
  close(): Promise<void>;
}

export type StoreViewOptions = Omit<NodeStoreOptions, 'cluster' | 'isView'>;

/**
 * Opens a store that no node has open, without changing a byte of it: LevelDB rewrites its log and manifest at every
 * opening, and deletes what a damaged manifest no longer names. Tables are never written twice, so links to them will
 * do; log and manifest, a few megabytes, are copied.
 */
export async function openStoreView(options: StoreViewOptions): Promise<Result<StoreView, OpenError>> {
  const { directory } = options;
  const names = await readdir(join(directory, 'db')).catch((): string[] => []);
  // Without it LevelDB would begin an empty one.
  if (!names.includes('CURRENT'))
    return err(taggedError('STORE_MISSING', 'the database is gone: there is none'));
  const locked = await lock(directory);
  if (!locked.ok) return locked;
  let scratch: string | undefined;
  const end = async (): Promise<void> => {
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true });
    await locked.value.release();
  };
  try {
    const sentinel = await readSentinel(directory);
    if (!sentinel.ok) {
      await end();
      return sentinel;
    }
    scratch = await scratchBeside(directory);
    await copyStore(directory, scratch, names, sentinel.value !== undefined);
    const cluster = sentinel.value?.cluster ?? 'unknown';
    const opened = await openNodeStore({ ...options, directory: scratch, cluster, isView: true });
    if (!opened.ok) {
      await end();
      return opened;
    }
    const store = opened.value;
    const close = (): Promise<void> => store.close().finally(end);
    return ok({ store, sentinel: sentinel.value, close });
  } catch (error) {
    await end();
    throw error;
  }
}

async function lock(directory: string): Promise<Result<DirectoryLock, OpenError>> {
  try {
    return await lockDirectory(join(directory, 'store.lock'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return err(taggedError('DIRECTORY_UNWRITABLE', `the data directory cannot be locked: ${why}`));
  }
}

async function readSentinel(directory: string): Promise<Result<SentinelRecord | undefined, OpenError>> {
  try {
    return ok(await fileSentinel(join(directory, 'store.json')).read());
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return err(taggedError('SENTINEL_DAMAGED', `the file store.json cannot be read: ${why}`));
  }
}

const prefix = 'view-';

/** Removes what views whose processes were killed have left. */
export async function removeViews(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name.startsWith(prefix)) await rm(join(directory, name), { recursive: true, force: true });
  }
}

/** On the same disk, where links are possible; on a full one elsewhere. */
async function scratchBeside(directory: string): Promise<string> {
  await removeViews(directory);
  return mkdtemp(join(directory, prefix)).catch(() => mkdtemp(join(tmpdir(), 'hearsay-view-')));
}

async function copyStore(
  from: string,
  to: string,
  names: readonly string[],
  withSentinel: boolean,
): Promise<void> {
  if (withSentinel) await copyFile(join(from, 'store.json'), join(to, 'store.json'));
  await mkdir(join(to, 'db'));
  for (const name of names) {
    // LevelDB's own lock, and its diary.
    if (name === 'LOCK' || name.startsWith('LOG')) continue;
    const [source, target] = [join(from, 'db', name), join(to, 'db', name)];
    const isTable = name.endsWith('.ldb') || name.endsWith('.sst');
    if (isTable && (await linked(source, target))) continue;
    await copyFile(source, target, constants.COPYFILE_FICLONE);
  }
}

/** False where the disk has no links, or the copy is on another one. */
function linked(source: string, target: string): Promise<boolean> {
  return link(source, target).then(
    () => true,
    () => false,
  );
}
