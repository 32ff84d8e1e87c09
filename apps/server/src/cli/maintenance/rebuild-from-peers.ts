import { mkdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type DirectoryLock, fileSentinel, lockDirectory, replaceStore } from '@hearsay/storage/node';
import { Command } from 'commander';
import type { Config } from '../../config/config.ts';
import { addConfigFlags, flagSettings } from '../../config/flags.ts';
import { resolveConfig } from '../../config/resolve.ts';
import { type FailureCode, HearsayError } from '../../failures.ts';
import { openReplica, type RunningReplica } from '../../running-replica.ts';
import { createLog } from '../../telemetry/log.ts';
import { openCertificates } from '../../tls/certificates.ts';
import type { CliDeps } from '../program.ts';
import { createProgress } from '../progress.ts';
import { askSeeds } from './seeds.ts';

/** `hearsay rebuild-from-peers`: puts a fresh replica, filled by the peers, in the place of a store. */
export function rebuildFromPeersCommand(deps: CliDeps): Command {
  const command = new Command('rebuild-from-peers')
    .description(
      'Put a fresh replica in the place of a store that is damaged, or that was away for longer than deletions are ' +
        'remembered: it is filled from its peers until it is equal to one of them. The old store is then moved aside, within ' +
        'the data directory; nothing of it is deleted, and nothing of it is merged. Broken off, the command changes nothing, ' +
        'and goes on where it was when it is run again.',
    )
    .option('--accept-empty', 'put a replica without documents in the place of a store that has some')
    .option('--json', 'print what was done as JSON')
    .addHelpText('after', examples);
  const tls = ['tlsCert', 'tlsKey', 'peerCa'] as const;
  const settings = ['data', 'cluster', 'join', 'secret', 'secretFile', 'region', 'logLevel', ...tls] as const;
  return addConfigFlags(command, settings).action(async (given: Record<string, unknown>) => {
    const config = resolveConfig({
      flags: { logLevel: 'warn', ...flagSettings(given) },
      environment: deps.environment,
      file: undefined,
    });
    if (config.join.length === 0) throw new HearsayError('USAGE', 'give at least one peer with --join');
    const isEmptyAccepted = given['acceptEmpty'] === true;
    await rebuild(config, { json: given['json'] === true, isEmptyAccepted }, deps);
  });
}

const examples = `
Example:
  $ hearsay rebuild-from-peers --data ./data --cluster notes --secret-file ./secret --join ws://10.0.0.2:1234
  $ hearsay serve --data ./data --cluster notes --secret-file ./secret --join ws://10.0.0.2:1234`;

interface RebuildFlags {
  readonly json: boolean;
  readonly isEmptyAccepted: boolean;
}

async function rebuild(
  config: Config,
  { json, isEmptyAccepted }: RebuildFlags,
  deps: CliDeps,
): Promise<void> {
  const expected = await askSeeds(config, deps.stop);
  const directory = resolve(config.data);
  const lock = await lockData(directory);
  // The timers of a replica keep no process alive, and it listens nowhere.
  const alive = setInterval(() => {}, 60_000);
  try {
    const fresh = join(directory, 'rebuilding');
    await forgetOld(fresh);
    const replica = await fillReplica({ ...config, data: fresh }, expected, deps);
    if (!isEmptyAccepted) await refuseEmpty(directory, replica.documents);
    const aside = await replaceStore(directory, fresh, new Date());
    await rm(fresh, { recursive: true });
    if (json) deps.stdout.write(`${JSON.stringify({ ...replica, aside }, null, 2)}\n`);
    else deps.stdout.write(told({ ...replica, aside }, config));
  } finally {
    clearInterval(alive);
    await lock.release();
  }
}

/**
 * Refuses to put nothing in the place of something: peers that were just set up, or lost their own documents, are equal to an
 * empty replica. Fewer documents are no sign of it, as certificates that rest are not sent.
 */
export async function refuseEmpty(directory: string, documents: number): Promise<void> {
  if (documents > 0) return;
  const old = await fileSentinel(join(directory, 'store.json'))
    .read()
    .then(
      (sentinel) => sentinel?.documents ?? 0,
      () => null,
    );
  if (old === 0) return;
  const held = old === null ? 'may have some (its sentinel is damaged)' : `has ${old}`;
  throw new HearsayError('REBUILD_EMPTY', `the peers have no documents, the store in ${directory} ${held}`);
}

async function lockData(directory: string): Promise<DirectoryLock> {
  const failure = (code: FailureCode, message: string): HearsayError =>
    new HearsayError(code, `${directory}: ${message}`);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const lock = await lockDirectory(join(directory, 'store.lock'));
    if (lock.ok) return lock.value;
    throw failure('DATA_DIRECTORY_LOCKED', lock.error.message);
  } catch (error) {
    if (error instanceof HearsayError) throw error;
    throw failure('DATA_DIRECTORY_UNWRITABLE', error instanceof Error ? error.message : String(error));
  }
}

/** What was broken off long ago may itself have been away for longer than deletions are remembered. */
async function forgetOld(fresh: string): Promise<void> {
  const begun = await stat(join(fresh, 'store.json')).catch(() => undefined);
  if (begun !== undefined && Date.now() - begun.mtimeMs > maxPauseMs) await rm(fresh, { recursive: true });
}

/** A day: less than any retention. */
const maxPauseMs = 86_400_000;

interface FilledReplica {
  readonly replicaId: string;
  readonly documents: number;
}

/** A replica that only dials out, in a directory of its own: one that was broken off is gone on with. */
async function fillReplica(config: Config, expected: number, deps: CliDeps): Promise<FilledReplica> {
  const log = createLog({ level: config.logLevel, format: config.logFormat, output: deps.stderr });
  const readiness = (): { readonly ready: boolean; readonly reason: string } => ({
    ready: false,
    reason: 'REBUILDING',
  });
  const certificates = openCertificates(config, log);
  try {
    const replica = await openReplica(config, { log, hooks: {}, peerUrl: null, readiness, certificates });
    try {
      await fill(replica, expected, deps);
      return { replicaId: replica.store.identity.replicaId, documents: replica.store.status().documents };
    } finally {
      await replica.close();
    }
  } finally {
    certificates?.close();
  }
}

/** Waits until the store is proven equal to a peer's, or differs only by what is being written. */
async function fill(replica: RunningReplica, expected: number, deps: CliDeps): Promise<void> {
  const progress = createProgress(deps);
  progress.step('rebuild', 'documents');
  let failure: HearsayError | undefined;
  void replica.failure.then((reason) => {
    failure = reason;
  });
  let documents = -1;
  let quietMs = 0;
  try {
    for (;;) {
      if (failure !== undefined) throw failure;
      const { gossip, store } = replica;
      const { peers, refusals } = gossip.status();
      const status = store.status();
      progress.update(status.documents, expected);
      const isFilled = peers.some(
        ({ linked, lastRepair, provenEqualMsAgo }) =>
          linked && (provenEqualMsAgo !== null || lastRepair?.outcome === 'writes'),
      );
      if (isFilled) break;
      if (deps.stop.aborted)
        throw new HearsayError('STOPPED', 'the new replica is not filled yet; the old store is as it was');
      quietMs = status.documents === documents ? quietMs + pollMs : 0;
      documents = status.documents;
      const refusal = refusals.at(-1);
      if (refusal !== undefined && !peers.some(({ linked }) => linked)) {
        throw new HearsayError('NODE_REFUSED', `${refusal.address} refuses this replica: ${refusal.code}`);
      }
      if (quietMs > maxQuietMs) {
        throw new HearsayError('REBUILD_UNFINISHED', `nothing has come for ${maxQuietMs / 1000} s`);
      }
      await delay(pollMs);
    }
    await replica.store.idle();
    const filled = replica.store.status().documents;
    progress.update(filled, filled);
  } finally {
    progress.stop();
  }
}

const pollMs = 200;

/** Longer than a repair exchange that gives nothing is kept. */
const maxQuietMs = 120_000;

function told(
  { replicaId, documents, aside }: FilledReplica & { readonly aside: string | null },
  { data, cluster, join: seeds }: Config,
): string {
  const moved = aside === null ? 'there was no store before' : `the old store is in ${aside}`;
  return `filled replica ${replicaId} with ${documents} documents; it is equal to its peers; ${moved}

Start it:

  hearsay serve --data ${data} --cluster ${cluster} ${seeds.map((url) => `--join ${url}`).join(' ')}
`;
}
