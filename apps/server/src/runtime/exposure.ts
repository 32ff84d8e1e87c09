import { statSync } from 'node:fs';
import type { Log } from '../telemetry/log.ts';

/** Says what lets others of this machine at the documents, or this process at more than it needs. */
export function warnOfExposure(directory: string, log: Log): void {
  const mode = statSync(directory).mode & 0o777;
  if ((mode & 0o077) !== 0) {
    const open = mode.toString(8);
    log.warn(
      { code: 'DIRECTORY_OPEN', directory, mode: open },
      'others may look into the data directory: chmod 700',
    );
  }
  if (process.getuid?.() === 0) {
    log.warn({ code: 'RUNS_AS_ROOT' }, 'the node runs as root; a user of its own is enough');
  }
}
