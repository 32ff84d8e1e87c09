import { type SettledClock, watchClock } from '@hearsay/core';
import type { CommittedChange, DocumentStore, StoreStatus } from '@hearsay/storage';
import { type Access, createTokenAccess, openAccess } from './access/access.ts';
import { openRevocations, type Revocations } from './access/revocations.ts';
import { keySet, secretKeys } from './access/token-keys.ts';
import { Tokens } from './access/tokens.ts';
import type { Config } from './config/config.ts';
import type { Served } from './edge.ts';
import { guardAccess } from './embedded/guarded-access.ts';
import { guardStore } from './embedded/guarded-store.ts';
import type { HearsayHooks } from './embedded/hooks.ts';
import { HearsayError } from './failures.ts';
import { type GossipSide, openGossip } from './gossip.ts';
import { type Guests, openGuests } from './guests/guests.ts';
import type { Readiness } from './http/health.ts';
import { createStoreReader } from './http/store-reader.ts';
import { ClientHub } from './hub/client-hub.ts';
import { FanOut, type PublishedUpdate } from './hub/fan-out.ts';
import { NewDocuments } from './hub/new-documents.ts';
import { PresenceHub } from './hub/presence.ts';
import { SpreadWatch } from './hub/spread-watch.ts';
import { StateReader } from './hub/state-reader.ts';
import { type Meetings, noteRunning, refuseStale, watchMeetings } from './maintenance/absence.ts';
import { type BackgroundScrub, startBackgroundScrub } from './maintenance/background-scrub.ts';
import { startDeletions } from './maintenance/deletions.ts';
import { createManyDocuments } from './maintenance/many-documents.ts';
import { Pace } from './maintenance/pace.ts';
import { startRetention } from './maintenance/retention.ts';
import { openStore } from './open-store.ts';
import { risingNow, systemClock, systemTimers } from './runtime/clock.ts';
import { warnOfExposure } from './runtime/exposure.ts';
import { namedDocuments, nodeStatus, quarantined } from './status.ts';
import type { Log } from './telemetry/log.ts';
import { logFindings } from './telemetry/log-findings.ts';
import type { Certificates } from './tls/certificates.ts';
import {
  createDocumentWorkers,
  type DocumentWorkers,
  documentWorkerDefaults,
} from './workers/document-workers.ts';
import { createLogWorkers, type LogWorkers } from './workers/log-workers.ts';
import { createParking, type Parking } from './workers/parking.ts';

export interface RunningReplicaDeps {
  readonly log: Log;
  readonly hooks: HearsayHooks;
  /** Where peers reach this node; null: it only dials out. */
  readonly peerUrl: string | null;
  /** The node's, for its status. */
  readonly readiness: () => Readiness;
  /** What peers are shown; undefined: nothing. */
  readonly certificates: Certificates | undefined;
}

/** The parts of a node behind its port, running. */
export interface RunningReplica extends Served {
  readonly store: DocumentStore;
  readonly clients: ClientHub;
  readonly fanOut: FanOut;
  readonly presence: PresenceHub;
  readonly workers: DocumentWorkers;
  readonly parking: Parking;
  readonly scrub: BackgroundScrub;
  readonly gossip: GossipSide;
  readonly guests: Guests;
  /** Resolves when the store cannot go on. */
  readonly failure: Promise<HearsayError>;
  readiness(): Readiness;
  close(): Promise<void>;
}

/** Opens the store and everything that works on it. Leaves nothing open when it fails. */
export async function openReplica(config: Config, deps: RunningReplicaDeps): Promise<RunningReplica> {
  const parking = createParking();
  const workers = createDocumentWorkers(documentWorkerDefaults, parking);
  const logWorkers = createLogWorkers();
  const clock = watchClock({ clock: systemClock, timers: systemTimers, settleMs: settleMsOf(config) });
  const opened: { close(): Promise<void> }[] = [workers, logWorkers, { close: async () => clock.stop() }];
  try {
    const store = await openStore(
      config,
      (key, updates) => workers.compact(key, updates),
      clock,
      logFindings(deps.log.child({ part: 'store' })),
    );
    warnOfExposure(config.data, deps.log);
    opened.unshift(store);
    const absence = {
      clock: systemClock,
      certificateMs: config.certificateTime,
      isAccepted: config.acceptAbsence,
    };
    await refuseStale(store, { ...absence, joins: config.join.length > 0 });
    const meetings = await watchMeetings(store, absence);
    await parking.keepIn(store);
    const replica = await compose(config, deps, { store, workers, logWorkers, parking, clock, meetings });
    return { ...replica, close: () => replica.close().finally(clock.stop) };
  } catch (error) {
    for (const part of opened) await part.close();
    throw error;
  }
}

/** What is there before the parts that work on it. */
interface Foundation {
  readonly store: DocumentStore;
  readonly workers: DocumentWorkers;
  readonly logWorkers: LogWorkers;
  readonly parking: Parking;
  /** By which the store judges ages and stamps deletions. */
  readonly clock: SettledClock;
  readonly meetings: Meetings;
}

/** The only place where the parts of a node are put together. */
async function compose(
  config: Config,
  deps: RunningReplicaDeps,
  { store, workers, logWorkers, parking, clock, meetings }: Foundation,
): Promise<RunningReplica> {
  const { log, hooks } = deps;
  const fanOut = new FanOut();
  const presence: PresenceHub = new PresenceHub({
    carrier: { announce: (id, entries) => gossip.announcePresence(id, entries) },
    later: (delayMs, fire) => void systemTimers.set(delayMs, fire),
  });
  const gossip = await openGossip(config, {
    store,
    presence,
    log,
    peerUrl: deps.peerUrl,
    certificates: deps.certificates,
    meetings,
  });
  const maxAgeMs = config.tokenMaxAge * 1000;
  const revocations = await openRevocations({ store, now: risingNow(systemClock), maxAgeMs });
  const access = guardAccess(accessOf(config, { revocations, maxAgeMs }), hooks, log);
  const spread = new SpreadWatch({
    outboxHead: () => store.outboxHead(),
    spreadOf: gossip.spreadOf,
    compare: gossip.compareUpTo,
    timers: systemTimers,
  });
  const reader = new StateReader(store, logWorkers);
  const clients = new ClientHub({
    store: guardStore(store, hooks, log),
    lookup: (id) => store.lookup(id),
    spread,
    cluster: config.cluster,
    replicaId: store.identity.replicaId,
    fanOut,
    presence,
    newDocuments: new NewDocuments(
      { perMinute: config.maxNewDocuments, perCollection: config.maxCollectionDocuments },
      { store, now: () => systemClock.monotonic() },
    ),
    reader,
    access,
    log: log.child({ part: 'clients' }),
    now: () => systemClock.monotonic(),
    timers: systemTimers,
    wallClock: () => systemClock.now(),
    tokenInUrl: config.tokenInUrl,
    maxConnectionsPerUser: config.maxConnectionsPerUser,
  });
  const guests = openGuests({
    cluster: config.cluster,
    store,
    access,
    log: log.child({ part: 'guests' }),
  });
  const deletions = await startDeletions({
    store,
    clock,
    timers: systemTimers,
    log: log.child({ part: 'deletions' }),
    windowMs: config.undeleteWindow,
  });
  const manyDocuments = createManyDocuments({
    store,
    deletions,
    pace: new Pace({ clock: systemClock, timers: systemTimers }),
    clock: systemClock,
  });
  const retention = startRetention({
    store,
    timers: systemTimers,
    log: log.child({ part: 'retention' }),
    members: gossip.members,
    certificateMs: config.certificateTime,
    restMs: config.certificateRest,
    holders: config.certificateHolders,
  });
  const notes = noteRunning({
    store,
    clock,
    timers: systemTimers,
    certificateMs: config.certificateTime,
    hasPeers: () => gossip.members().length > 0,
  });
  const stopListening = store.onCommit((changes) => {
    gossip.committed(changes);
    guests.committed(changes);
    publish(fanOut, changes);
    deletions.committed(changes);
    revocations.committed(changes);
    // A new life has nothing of the old one.
    for (const { key, certificate, life } of changes) if (certificate?.life === life) parking.release(key);
  });
  const failure = watchStore(store, log);
  const scrub = startBackgroundScrub({
    store,
    clock: systemClock,
    timers: systemTimers,
    log: log.child({ part: 'scrub' }),
    perSecond: config.scrubRate,
  });

  const replica: RunningReplica = {
    node: `${store.identity.replicaId}/${store.identity.incarnation}`,
    store,
    clients,
    fanOut,
    presence,
    workers,
    parking,
    scrub,
    gossip,
    guests,
    failure,
    documents: createStoreReader(store, workers),
    deletions,
    manyDocuments,
    access,
    revocations,
    damage: {
      quarantined: () => quarantined(store),
      parked: () => namedDocuments(store, parking.parked()),
    },
    admin: {
      release: parking.release,
      repair: () => gossip.repairNow(),
      backup: store.backup,
      salvage: async (key) => {
        const [id] = await store.identify([key]);
        return id !== undefined && (await store.salvage(id));
      },
    },
    readiness: () => readinessOf(store.status(), gossip.isRunning(), meetings),
    status: () => nodeStatus(config, replica, deps),
    joining: () => reader.waiting,
    acceptClient: (...socket) => clients.accept(...socket),
    acceptPolled: (...polled) => clients.acceptPolled(...polled),
    acceptPeer: (...handshake) => gossip.accept(...handshake),
    acceptGuest: (...handshake) => guests.accept(...handshake),
    close: async () => {
      clients.pause();
      spread.close();
      await scrub.stop();
      await manyDocuments.stop();
      await deletions.stop();
      await retention.stop();
      await notes.stop();
      await store.idle();
      await guests.close();
      await gossip.close();
      await clients.close(1001, 'the node is stopping');
      stopListening();
      await parking.saved();
      await store.close();
      await workers.close();
      await logWorkers.close();
    },
  };
  return replica;
}

/** Jumps of the wall clock that are undone sooner change nothing. */
const mostSettleMs = 600_000;

/** How long the wall clock has to stand still against monotonic time before ages are judged by it. */
function settleMsOf({ undeleteWindow, certificateTime }: Config): number {
  return Math.min(mostSettleMs, (undeleteWindow > 0 ? undeleteWindow : certificateTime) / 10);
}

/** By tokens where keys for them are configured. */
function accessOf(
  { tokenSecret, tokenKeys, tokenIssuer: issuer, tokenAudience: audience }: Config,
  { revocations, maxAgeMs }: { readonly revocations: Revocations; readonly maxAgeMs: number },
): Access {
  if (tokenSecret === undefined && tokenKeys === undefined) return openAccess;
  const keys = tokenSecret === undefined ? keySet(tokenKeys ?? '') : secretKeys(tokenSecret);
  return createTokenAccess({
    tokens: new Tokens({ keys, issuer, audience, maxAgeMs, now: () => systemClock.now() }),
    revocations,
    clock: systemClock,
  });
}

function publish(fanOut: FanOut, changes: readonly CommittedChange[]): void {
  const updates: PublishedUpdate[] = [];
  for (const { key, life, origin, update, certificate } of changes) {
    // Clients have drawn what compaction found out from the same updates themselves.
    if (origin.kind === 'compaction') continue;
    if (certificate !== null && certificate.life >= life) fanOut.end(key);
    if (update !== null)
      updates.push({ key, life, session: origin.kind === 'client' ? origin.session : null, update });
  }
  fanOut.publish(updates);
}

function readinessOf({ state, code }: StoreStatus, isGossiping: boolean, meetings: Meetings): Readiness {
  if (state !== 'ready') return { ready: false, reason: code ?? `STORE_${state.toUpperCase()}` };
  // What clients write here would have no way to the others.
  if (meetings.hasRefused) return { ready: false, reason: 'REPLICA_TOO_OLD' };
  return isGossiping ? { ready: true } : { ready: false, reason: 'GOSSIP_RESTARTING' };
}

function watchStore(store: DocumentStore, log: Log): Promise<HearsayError> {
  return new Promise((resolve) => {
    store.onStatus(({ state, code }) => {
      if (state !== 'closed') log.warn({ state, code }, 'the store has changed its state');
      if (state === 'failed') resolve(new HearsayError('STORE_FAILED', `the store failed: ${code}`));
    });
  });
}
