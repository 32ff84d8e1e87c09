import { resolve } from 'node:path';
import type { WholeReason } from '@hearsay/storage';
import { type BackupSource, type BackupWritten, openStoreView, writeBackup } from '@hearsay/storage/node';
import { Command } from 'commander';
import { addConfigFlags, flagSettings } from '../../config/flags.ts';
import { resolveConfig } from '../../config/resolve.ts';
import { HearsayError } from '../../failures.ts';
import type { CliDeps } from '../program.ts';
import { createProgress } from '../progress.ts';
import { openFailure, storeOptions } from './maintenance-store.ts';
import { remoteSource } from './remote-node.ts';

interface BackupFlags {
  readonly node?: string;
  readonly data?: string;
  readonly out: string;
  readonly full?: true;
  readonly json?: true;
}

/** `hearsay backup`: writes the next part of a backup, of a node that runs or of the directory of one that does not. */
export function backupCommand(deps: CliDeps): Command {
  const command = new Command('backup')
    .description(
      'Write a backup: all documents, deletions included, as they were at one moment. A directory that holds a ' +
        'backup already is continued: only what has changed since is added. A node goes on serving meanwhile.',
    )
    .option('--node <url>', 'address of a running node')
    .option('--data <directory>', 'data directory of a node that does not run; not a byte of it is changed')
    .requiredOption('--out <directory>', 'where the backup is, or is to be')
    .option('--full', 'write everything, even if the directory holds a backup to be continued')
    .option('--json', 'print what was written as JSON')
    .addHelpText('after', examples);
  return addConfigFlags(command, ['secret', 'secretFile']).action(async (given: BackupFlags) => {
    if ((given.node === undefined) === (given.data === undefined)) {
      throw new HearsayError('NO_BACKUP_SOURCE', 'a backup is made of either --node or --data');
    }
    await backup(given, deps);
  });
}

const examples = `
Examples:
  $ hearsay backup --node http://127.0.0.1:1234 --secret-file ./secret --out ./backup
      backs up a running node; run daily, it adds a part with that day's changes
  $ hearsay backup --data ./data --out ./backup
      backs up the store of a node that is stopped

Restore it with: hearsay restore --from ./backup --data ./restored`;

async function backup(flags: BackupFlags, deps: CliDeps): Promise<void> {
  const { node, data, out, full, json } = flags;
  const directory = resolve(out);
  if (node !== undefined) {
    const { secret } = resolveConfig({
      flags: flagSettings({ ...flags, data: undefined }),
      environment: deps.environment,
      file: undefined,
    });
    const source = remoteSource({ url: node, secret, signal: deps.stop });
    return report(await write(source, directory, full, deps), directory, json, deps);
  }
  const path = resolve(data ?? '');
  const view = await openStoreView(storeOptions(path));
  if (!view.ok) throw openFailure(path, view.error);
  const { store, close } = view.value;
  try {
    report(await write(store.backup, directory, full, deps), directory, json, deps);
  } finally {
    await close();
  }
}

async function write(
  source: BackupSource,
  directory: string,
  full: true | undefined,
  deps: CliDeps,
): Promise<BackupWritten> {
  const progress = createProgress(deps);
  progress.step('backup', 'documents');
  try {
    const written = await writeBackup({
      directory,
      source,
      full: full === true,
      signal: deps.stop,
      onProgress: ({ documents, expected }) => progress.update(documents, expected),
    });
    if (written.ok) return written.value;
    const { code, message } = written.error;
    throw new HearsayError(code === 'BACKUP_STOPPED' ? 'STOPPED' : code, `${directory}: ${message}`);
  } catch (error) {
    throw diskFailure(error, directory);
  } finally {
    progress.stop();
  }
}

const reasons: Readonly<Record<WholeReason, string>> = {
  OTHER_REPLICA: 'the part before is of another replica',
  START_UNKNOWN: 'the part before is of an earlier version, and cannot be gone on with',
  OTHER_HISTORY:
    'the part before is not of what this store has become: its directory was put back to an older state, lost the end of ' +
    'its log, or was started very often since',
  FORGOTTEN: 'deletions that the parts before know nothing of have been forgotten',
};

function diskFailure(error: unknown, directory: string): unknown {
  if (error instanceof HearsayError || !(error instanceof Error && 'code' in error)) return error;
  return new HearsayError('DATA_DIRECTORY_UNWRITABLE', `cannot write to ${directory} (${error.code})`, {
    cause: error,
  });
}

function report(
  { part, parts, whole, damaged, unlisted }: BackupWritten,
  directory: string,
  json: true | undefined,
  { stdout }: CliDeps,
): void {
  if (json === true)
    stdout.write(`${JSON.stringify({ directory, part, parts, whole, damaged, unlisted }, null, 2)}\n`);
  else if (part === null)
    stdout.write(`nothing has changed since the last part; ${directory} has ${parts}\n`);
  else {
    const what = part.since === 0 ? 'all documents' : 'what has changed';
    const why = whole === null ? '' : ` (${reasons[whole]})`;
    stdout.write(
      `wrote ${what}${why}, ${part.records} records, ${part.bytes} bytes, to ${directory}/${part.file}\n`,
    );
  }
  if (damaged.length > 0 || unlisted) {
    const named = damaged
      .slice(0, 5)
      .map(({ id, key }) => (id === null ? key : `${id.collection}/${id.name}`));
    const which =
      damaged.length > 0
        ? `${damaged.length} documents are damaged there: ${named.join(', ')}`
        : 'some are not listed there';
    throw new HearsayError('BACKUP_INCOMPLETE', `not every document could be read; ${which}`);
  }
}
