import { randomUUID } from 'node:crypto';
import { open, readFile, rm } from 'node:fs/promises';
import { err, ok, type Result, type TaggedError, taggedError } from '@hearsay/core';
import { isUnwritable } from '../errors.ts';

/** A directory in use by this process. */
export interface DirectoryLock {
  /** Whether the directory is still ours; takes the lock again where the file was deleted. */
  held(): Promise<boolean>;
  release(): Promise<void>;
}

/** Who holds the lock: a process of a boot. The start time tells a reused process number. */
interface Holder {
  readonly pid: number;
  readonly boot: string;
  readonly started: string;
  readonly token: string;
}

/**
 * Our own guard beside LevelDB's `LOCK`: that one is a lock on an inode, so whoever deletes the file lets a second process
 * in. Ours holds as long as its process lives, and is asked again later for what it says. A holder that is no more is
 * replaced; should two processes do so at once, LevelDB's lock decides.
 */
export async function lockDirectory(
  path: string,
): Promise<Result<DirectoryLock, TaggedError<'STORE_LOCKED'>>> {
  const mine: Holder = { ...(await identify(process.pid)), pid: process.pid, token: randomUUID() };
  for (;;) {
    if (await create(path, mine)) return ok(lockOf(path, mine));
    const holder = await readHolder(path);
    if (holder === undefined) {
      await rm(path, { force: true });
      continue;
    }
    if (await isAlive(holder)) {
      return err(taggedError('STORE_LOCKED', `process ${holder.pid} uses this data directory`, true));
    }
    await rm(path, { force: true });
  }
}

function lockOf(path: string, mine: Holder): DirectoryLock {
  return {
    async held() {
      const holder = await readHolder(path);
      return holder === undefined ? create(path, mine) : holder.token === mine.token;
    },
    async release() {
      if ((await readHolder(path))?.token !== mine.token) return;
      // On a disk that has become read-only it stays: it is replaced once this process is no more.
      await rm(path, { force: true }).catch((error: unknown) => {
        if (!isUnwritable(error)) throw error;
      });
    },
  };
}

async function create(path: string, holder: Holder): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(JSON.stringify(holder));
    await file.close();
    return true;
  } catch (error) {
    if (isErrno(error) && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined for a file that is gone or says nothing: its writer died at it. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isHolder(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // Not allowed to signal it means that it is there.
    if (!isErrno(error) || error.code !== 'EPERM') return false;
  }
  const now = await identify(holder.pid);
  return now.boot === holder.boot && now.started === holder.started;
}

/** Empty where the system does not tell: then only the process number counts. */
async function identify(pid: number): Promise<{ readonly boot: string; readonly started: string }> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name in parentheses may hold anything; the start time is the twentieth field after it.
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return { boot: boot.trim(), started };
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null) return false;
  const fields: Partial<Record<keyof Holder, unknown>> = value;
  return (
    Number.isSafeInteger(fields.pid) &&
    typeof fields.boot === 'string' &&
    typeof fields.started === 'string' &&
    typeof fields.token === 'string'
  );
}

function isErrno(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}
