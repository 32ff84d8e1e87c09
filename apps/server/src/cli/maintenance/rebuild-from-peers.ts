import { mkdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type DirectoryLock, fileSentinel, lockDirectory, replaceStore } from '@hearsay/storage/node';
import { Command } from 'commander';
import type { Config } from '../../config/config.ts';
import { addConfigFlags, flagSettings } from '../../config/flags.ts';
import { resolveConfig } from '../../config/resolve.ts';
import { type FailureCode, HearsayError } from '../../failures.ts';
import type { PeerSummary } from '../../gossip-status.ts';
import { openReplica, type RunningReplica } from '../../running-replica.ts';
import { createLog } from '../../telemetry/log.ts';
import { openCertificates } from '../../tls/certificates.ts';
import type { CliDeps } from '../program.ts';
import { createProgress } from '../progress.ts';
import { askSeeds, indexedIn, type Seed } from './seeds.ts';

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
    .option('--accept-fewer', 'do so with a replica that has fewer documents than a peer says it holds')
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
    const [json, isEmptyAccepted, isFewerAccepted] = ['json', 'acceptEmpty', 'acceptFewer'].map(
      (flag) => given[flag] === true,
    );
    await rebuild(config, { json, isEmptyAccepted, isFewerAccepted }, deps);
  });
}

const examples = `
Example:
  $ hearsay rebuild-from-peers --data ./data --cluster notes --secret-file ./secret --join ws://10.0.0.2:1234
  $ hearsay serve --data ./data --cluster notes --secret-file ./secret --join ws://10.0.0.2:1234`;

interface RebuildFlags {
  readonly json: boolean | undefined;
  readonly isEmptyAccepted: boolean | undefined;
  readonly isFewerAccepted: boolean | undefined;
}

async function rebuild(config: Config, flags: RebuildFlags, deps: CliDeps): Promise<void> {
  const { json, isEmptyAccepted, isFewerAccepted } = flags;
  const ask = () => askSeeds(config, deps.stop);
  const expected: Expected = { seeds: await ask(), ask, isFewerAccepted: isFewerAccepted === true };
  const directory = resolve(config.data);
  const lock = await lockData(directory);
  // The timers of a replica keep no process alive, and it listens nowhere.
  const alive = setInterval(() => {}, 60_000);
  try {
    const fresh = join(directory, 'rebuilding');
    await forgetOld(fresh);
    const replica = await fillReplica({ ...config, data: fresh }, expected, deps);
    if (isEmptyAccepted !== true) await refuseEmpty(directory, replica.documents);
    const aside = await replaceStore(directory, fresh, new Date());
    await rm(fresh, { recursive: true });
    if (json === true) deps.stdout.write(`${JSON.stringify({ ...replica, aside }, null, 2)}\n`);
    else deps.stdout.write(told({ ...replica, aside }, config));
  } finally {
    clearInterval(alive);
    await lock.release();
  }
}

/**
 * Refuses to put nothing in the place of something: peers that were just set up, or lost their own documents, are equal to an
 * empty replica. Fewer documents than the store has are no sign of it, as certificates that rest are not sent.
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
async function fillReplica(config: Config, expected: Expected, deps: CliDeps): Promise<FilledReplica> {
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

/** What the peers say there is. */
interface Expected {
  /** As they said before the first document was sent. */
  readonly seeds: readonly Seed[];
  ask(): Promise<readonly Seed[]>;
  readonly isFewerAccepted: boolean;
}

/**
 * Waits until the store is proven equal to the peers that were asked, or differs only by what is being written. One is not enough:
 * the first that is equal may be one that is only being filled itself. Equality does not speak of what is damaged at all of them.
 */
async function fill(replica: RunningReplica, expected: Expected, deps: CliDeps): Promise<void> {
  const progress = createProgress(deps);
  progress.step('rebuild', 'documents');
  let failure: HearsayError | undefined;
  void replica.failure.then((reason) => {
    failure = reason;
  });
  const { gossip, store } = replica;
  const total = Math.max(...expected.seeds.map(({ documents }) => documents));
  let documents = -1;
  let [elapsedMs, quietMs] = [0, 0];
  try {
    for (;;) {
      if (failure !== undefined) throw failure;
      const { peers, refusals } = gossip.status();
      const status = store.status();
      progress.update(status.documents, total);
      if (peers.some(isAlike) && !isAwaited(expected.seeds, peers, elapsedMs)) {
        const lacking = await fewerThan(replica, expected);
        if (lacking !== undefined && !expected.isFewerAccepted) throw lacking;
        break;
      }
      if (deps.stop.aborted)
        throw new HearsayError('STOPPED', 'the new replica is not filled yet; the old store is as it was');
      elapsedMs += pollMs;
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
    await store.idle();
    const filled = store.status().documents;
    progress.update(filled, filled);
  } finally {
    progress.stop();
  }
}

function isAlike({ linked, provenEqualMsAgo, lastRepair }: PeerSummary): boolean {
  return linked && (provenEqualMsAgo !== null || lastRepair?.outcome === 'writes');
}

/** Whether there is more to come from one of those who were asked; one that is not linked is waited for a little. */
function isAwaited(seeds: readonly Seed[], peers: readonly PeerSummary[], elapsedMs: number): boolean {
  return seeds.some(({ replicaId }) => {
    if (replicaId === undefined) return false;
    const peer = peers.find((known) => known.replicaId === replicaId && known.linked);
    return peer === undefined ? elapsedMs < maxLinkMs : !isAlike(peer);
  });
}

/** Why the replica is not to take the place of another; undefined when it holds as much as each of the seeds. */
async function fewerThan(
  { store }: RunningReplica,
  { seeds, ask }: Expected,
): Promise<HearsayError | undefined> {
  const holds = indexedIn(await store.roots());
  if (seeds.every(({ held }) => held <= holds)) return undefined;
  // What has been put to rest since the first question does not come.
  const now = await ask().catch(() => seeds);
  const lacking = seeds.find(({ url, held }) => {
    const later = now.find((seed) => seed.url === url && seed.replicaId !== undefined);
    return Math.min(held, later?.held ?? held) > holds;
  });
  return (
    lacking &&
    new HearsayError('REBUILD_FEWER', `${lacking.url} holds ${lacking.held} documents, ${holds} have come`)
  );
}

const pollMs = 200;

/** Longer than a repair exchange that gives nothing is kept. */
const maxQuietMs = 120_000;

/** Longer than it takes to link to a second peer. */
const maxLinkMs = 10_000;

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
