import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A real file system that can lose its power: what was not synced is gone, as its journal has it. */
export interface PowerDisk {
  readonly directory: string;
  /** Every access fails from here on; nothing more is written, not even the journal. */
  cut(): Promise<void>;
  /** It finds an error in itself and is read-only from here on, whatever is open: as file systems do that meet a bad block. */
  fail(): Promise<void>;
  /** Mounts it anew, which replays the journal. All that used it must have ended. */
  restore(): Promise<void>;
  remove(): Promise<void>;
}

/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH (linux/fs/ext4/ext4.h). */
const shutDown =
  'open(my $disk, "<", $ARGV[0]) or die $!; my $flags = pack("L", 2); ioctl($disk, 0x8004587D, $flags) or die $!';

/** An ext4 image below the temporary directory, mounted. Takes root, loop devices and mkfs.ext4. */
export async function makePowerDisk(megabytes: number): Promise<PowerDisk> {
  const place = await mkdtemp(join(tmpdir(), 'hearsay-power-'));
  const [image, directory] = [join(place, 'image'), join(place, 'disk')];
  const mount = (): Promise<unknown> => run('mount', ['-o', 'loop,errors=remount-ro', image, directory]);
  try {
    await writeFile(image, '');
    await truncate(image, megabytes * 1_048_576);
    await mkdir(directory);
    await run('mkfs.ext4', ['-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image]);
    await mount();
  } catch (error) {
    await rm(place, { recursive: true, force: true });
    throw error;
  }
  return {
    directory,
    async cut() {
      await run('perl', ['-e', shutDown, directory]);
    },
    async fail() {
      const { stdout } = await run('findmnt', ['-no', 'SOURCE', directory]);
      await writeFile(`/sys/fs/ext4/${basename(stdout.trim())}/trigger_fs_error`, '1');
    },
    async restore() {
      await run('umount', [directory]);
      await mount();
    },
    async remove() {
      await run('umount', ['-l', directory]);
      await rm(place, { recursive: true, force: true });
    },
  };
}

/** Whether this process may make one, and do that to it. */
export async function canHarmDisk(harm: 'cut' | 'fail'): Promise<boolean> {
  const disk = await makePowerDisk(8).catch(() => undefined);
  if (disk === undefined) return false;
  try {
    await disk[harm]();
    return true;
  } catch {
    return false;
  } finally {
    await disk.remove();
  }
}
