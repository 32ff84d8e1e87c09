import { access, mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './eventually.ts';

/** A share of one core for some processes, by a control group of their own. */
export interface CpuQuota {
  add(pid: number): Promise<void>;
  /** Lets them have `share` of a core, above 0; all they want when undefined. */
  set(share: number | undefined): Promise<void>;
  /** After they have ended. */
  remove(): Promise<void>;
}

const periodUs = 100_000;

/** Takes root and control groups, of either version. */
export async function makeCpuQuota(name: string): Promise<CpuQuota> {
  const isFirstVersion = await isThere('/sys/fs/cgroup/cpu/cpu.cfs_quota_us');
  const group = join('/sys/fs/cgroup', isFirstVersion ? 'cpu' : '', name);
  await mkdir(group);
  return {
    async add(pid) {
      await writeFile(join(group, 'cgroup.procs'), String(pid));
    },
    async set(share) {
      const quotaUs = share === undefined ? undefined : Math.max(1000, Math.round(share * periodUs));
      if (isFirstVersion) {
        await writeFile(join(group, 'cpu.cfs_period_us'), String(periodUs));
        await writeFile(join(group, 'cpu.cfs_quota_us'), String(quotaUs ?? -1));
      } else await writeFile(join(group, 'cpu.max'), `${quotaUs ?? 'max'} ${periodUs}`);
    },
    remove: () =>
      eventually('the control group to be empty', () =>
        rmdir(group).then(
          () => true,
          () => false,
        ),
      ),
  };
}

/** Whether this process may make one. */
export async function canLimitCpu(): Promise<boolean> {
  try {
    const quota = await makeCpuQuota(`hearsay-probe-${process.pid}`);
    try {
      await quota.set(0.5);
      return true;
    } finally {
      await quota.remove();
    }
  } catch {
    return false;
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
