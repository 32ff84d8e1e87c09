import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A disk of its own, in memory, that can be full to the byte. */
export interface SmallDisk {
  readonly directory: string;
  /** Leaves no byte free. */
  fill(): Promise<void>;
  /** Gives back what was filled. */
  free(): Promise<void>;
  remove(): Promise<void>;
}

/** Whether this process may mount one: as a rule only root may. */
export async function canMount(): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), 'hearsay-mount-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory]);
    await run('umount', [directory]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Mounts a disk of `megabytes` below `parent`. */
export async function mountSmallDisk(parent: string, megabytes: number): Promise<SmallDisk> {
  const directory = join(parent, 'small-disk');
  await mkdir(directory);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', directory]);
  const ballast = join(directory, 'ballast');
  return {
    directory,
    async fill() {
      const file = await open(ballast, 'a');
      try {
        for (const size of [1_048_576, 4096, 1]) await writeUntilFull(file, size);
      } finally {
        await file.close();
      }
    },
    free: () => rm(ballast),
    async remove() {
      await run('umount', ['-l', directory]);
    },
  };
}

async function writeUntilFull(file: Awaited<ReturnType<typeof open>>, size: number): Promise<void> {
  const block = new Uint8Array(size);
  for (;;) {
    try {
      await file.appendFile(block);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return;
      throw error;
    }
  }
}
