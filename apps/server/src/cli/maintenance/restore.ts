import { resolve } from 'node:path';
import { type Restored, type RestoreError, type RestoreProgress, restoreStore } from '@hearsay/storage/node';
import { Command } from 'commander';
import { environmentName, options } from '../../config/options.ts';
import { type FailureCode, HearsayError } from '../../failures.ts';
import type { CliDeps } from '../program.ts';
import { createProgress, type Progress } from '../progress.ts';
import { storeOptions } from './maintenance-store.ts';

interface RestoreFlags {
  readonly from: string;
  readonly data: string;
  readonly asNewCluster?: string;
  readonly json?: true;
}

/** `hearsay restore`: makes a store of a backup. */
export function restoreCommand(deps: CliDeps): Command {
  return new Command('restore')
    .description(
      'Make a data directory of a backup. The whole backup is checked first; nothing is made of a damaged one, and no ' +
        'store is overwritten. The node that starts on it is a new replica: joined to its old cluster it gives back what ' +
        'the cluster has lost, and learns what has happened since, deletions included.',
    )
    .requiredOption('--from <directory>', 'where the backup is')
    .requiredOption('--data <directory>', 'data directory to make')
    .option('--as-new-cluster <name>', 'make it the first node of a new cluster, which its old one refuses')
    .option('--json', 'print what was restored as JSON')
    .addHelpText('after', examples)
    .action((flags: RestoreFlags) => restore(flags, deps));
}

const examples = `
Examples:
  $ hearsay restore --from ./backup --data ./data
  $ hearsay serve --data ./data --join ws://127.0.0.1:1235
      gives a node that was lost back to its cluster
  $ hearsay restore --from ./backup --data ./copy --as-new-cluster rehearsal
      makes a copy to try things on; it can never mix with the original`;

const phases: Readonly<Record<RestoreProgress['phase'], readonly [label: string, unit: string]>> = {
  check: ['check', 'bytes'],
  write: ['write', 'documents'],
  compare: ['compare', 'documents'],
};

async function restore({ from, data, asNewCluster, json }: RestoreFlags, deps: CliDeps): Promise<void> {
  const directory = resolve(data);
  const cluster = asNewCluster === undefined ? undefined : clusterName(asNewCluster);
  const progress = createProgress(deps);
  const outcome = await restoreStore({
    ...storeOptions(directory),
    from: resolve(from),
    ...(cluster === undefined ? {} : { cluster }),
    signal: deps.stop,
    onProgress: showPhases(progress),
  }).finally(() => progress.stop());
  if (!outcome.ok) throw new HearsayError(failureOf(outcome.error), `${outcome.error.message}`);
  deps.stdout.write(
    json === true ? `${JSON.stringify(outcome.value, null, 2)}\n` : told(outcome.value, data),
  );
}

function showPhases(progress: Progress): (at: RestoreProgress) => void {
  let shown: RestoreProgress['phase'] | undefined;
  return ({ phase, done, total }) => {
    if (phase !== shown) progress.step(...phases[phase]);
    shown = phase;
    progress.update(done, total);
  };
}

function clusterName(name: string): string {
  const parsed = options.cluster.schema.safeParse(name);
  if (parsed.success) return parsed.data;
  throw new HearsayError(
    'CONFIG_INVALID',
    `--as-new-cluster: ${parsed.error.issues[0]?.message ?? 'is not valid'}`,
  );
}

function failureOf({ code }: RestoreError): FailureCode {
  switch (code) {
    case 'STORE_LOCKED':
      return 'DATA_DIRECTORY_LOCKED';
    case 'DIRECTORY_UNWRITABLE':
      return 'DATA_DIRECTORY_UNWRITABLE';
    case 'RESTORE_STOPPED':
      return 'STOPPED';
    default:
      return code;
  }
}

function told({ documents, cluster, replicaId, asOf }: Restored, data: string): string {
  return `restored ${documents} documents as of ${new Date(asOf).toISOString()}, as replica ${replicaId}

Start it:

  hearsay serve --data ${data} --cluster ${cluster}

and let it join its cluster with --join and the secret (--secret-file, ${environmentName('secret')}).
`;
}
