import { randomBytes, randomInt } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AwarenessEntry } from '@hearsay/client-protocol';
import { createRandom, type DocumentId, type ReplicaId, utf8Decode, utf8Encode } from '@hearsay/core';
import {
  type Authenticator,
  closeCodes,
  createGossipNode,
  type GossipNode,
  type NodeEvent,
  type NodeStatus,
  type PresenceState,
  readTunables,
} from '@hearsay/gossip-sync';
import { createSecretAuthenticator, createWebSocketTransport } from '@hearsay/gossip-sync/websocket';
import type { CommittedChange, DocumentStore } from '@hearsay/storage';
import type { Config } from './config/config.ts';
import { secretsIn } from './config/secrets.ts';
import { HearsayError } from './failures.ts';
import { codeName, isRefusal, Noted } from './gossip-events.ts';
import { type Alarm, type GossipStatus, gossipStatus } from './gossip-status.ts';
import type { PresenceHub } from './hub/presence.ts';
import type { Spread } from './hub/spread-watch.ts';
import { LastingNode } from './lasting-node.ts';
import type { Meetings } from './maintenance/absence.ts';
import { systemClock, systemTimers } from './runtime/clock.ts';
import type { Log } from './telemetry/log.ts';
import type { Certificates } from './tls/certificates.ts';

/** A node's side of the cluster, as the rest of the server uses it. */
export interface GossipSide {
  /** Takes over a peer's handshake. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** To be told of every batch, first of all. */
  committed(changes: readonly CommittedChange[]): void;
  announcePresence(id: DocumentId, entries: readonly AwarenessEntry[]): void;
  status(): GossipStatus;
  /** Whether it goes on at the moment. */
  isRunning(): boolean;
  /** All other replicas that are known, linked or not. */
  members(): readonly ReplicaId[];
  /** How safe everything is that was committed here up to an outbox sequence. */
  spreadOf(sequence: number): Spread;
  /** Compares with linked peers of which it is not known whether they hold everything up to there. */
  compareUpTo(sequence: number): void;
  /** Compares with all linked peers now; returns how many. */
  repairNow(): number;
  /** Tells the peers goodbye and closes all links. */
  close(): Promise<void>;
}

export interface GossipDeps {
  readonly store: DocumentStore;
  readonly presence: PresenceHub;
  readonly log: Log;
  /** Where peers reach this node; null: it only dials out. */
  readonly peerUrl: string | null;
  /** Shown to peers that are dialled over TLS. */
  readonly certificates: Certificates | undefined;
  readonly meetings: Meetings;
}

/** Joins the cluster, or stays alone where there is no secret to let anybody in. */
export async function openGossip(config: Config, deps: GossipDeps): Promise<GossipSide> {
  const { store, presence, log } = deps;
  if (config.secret === undefined) return alone(log);
  const authenticator = createSecretAuthenticator(...secretsIn(config.secret));
  if (!authenticator.ok) throw new HearsayError('SECRET_WEAK', authenticator.error.message);
  const tuned = readTunables(config.gossip);
  if (!tuned.ok) throw new HearsayError('CONFIG_INVALID', tuned.error);
  const transport = createWebSocketTransport({
    clock: systemClock,
    timers: systemTimers,
    tls: () => deps.certificates?.dialling() ?? {},
  });
  const noted = new Noted(store.identity.replicaId, systemClock);
  const session = randomInt(2 ** 32);
  const create = (): GossipNode =>
    createGossipNode({
      replica: store,
      session,
      transport,
      authenticator: admitting(authenticator.value, deps.meetings),
      clock: systemClock,
      timers: systemTimers,
      // Nonces are drawn from it.
      random: createRandom(randomBytes(32).toString('hex')),
      options: {
        ...tuned.value,
        addresses: deps.peerUrl === null ? [] : [deps.peerUrl],
        region: config.region,
        peers: { ...tuned.value.peers, seeds: config.join },
        antiEntropy: {
          intervalMs: config.repairInterval,
          mode: config.repairMode,
          ...tuned.value.antiEntropy,
        },
      },
      listeners: {
        event: (event) => {
          if (event.type === 'storeFailed') {
            lasting.failed(event.error);
            return;
          }
          if (event.type === 'contentConflict') {
            void store.identify(event.keys).then((ids) => {
              const names = ids.map((id, at) =>
                id ? `${id.collection}/${id.name}` : (event.keys[at] ?? ''),
              );
              raise(log, noted.conflict(event.peer, names));
            }, ignored);
            return;
          }
          const alarm = noted.take(event);
          if (alarm === null) logEvent(log, event);
          else raise(log, alarm);
        },
        presence: (owner, states) => {
          for (const state of states) presence.learn(state.id, owner, toEntries(state));
        },
      },
    });
  const lasting: LastingNode = new LastingNode({
    create,
    isStoreGone: () => ['failed', 'closed'].includes(store.status().state),
    timers: systemTimers,
    now: () => systemClock.monotonic(),
    log,
  });
  await lasting.start();
  const status = (): NodeStatus => lasting.current.status();
  return {
    accept: (...handshake) => transport.accept(...handshake),
    isRunning: () => lasting.isRunning,
    committed: (changes) => lasting.current.committed(changes),
    announcePresence: (id, entries) => lasting.presence(entries.map((entry) => toState(id, entry))),
    members: () => status().peers.map(({ replicaId }) => replicaId),
    status: () => {
      const told = gossipStatus(status(), noted.told(), systemClock.monotonic());
      return { ...told, counters: { ...told.counters, nodeRestarts: lasting.restarts } };
    },
    spreadOf: (sequence) => {
      const holders = new Set(lasting.current.holdersOfAll(sequence));
      const { peers } = status();
      const regions = new Set(peers.filter(({ replicaId }) => holders.has(replicaId)).map(regionOf));
      regions.add(config.region);
      return { nodes: 1 + holders.size, regions: peers.every((peer) => regions.has(regionOf(peer))) };
    },
    compareUpTo: (sequence) => {
      const holders = new Set(lasting.current.holdersOfAll(sequence));
      for (const { replicaId, link } of status().peers) {
        if (link !== null && !holders.has(replicaId)) lasting.current.repairNow(replicaId);
      }
    },
    repairNow: () => {
      const linked = status().peers.filter(({ link }) => link !== null);
      for (const { replicaId } of linked) lasting.current.repairNow(replicaId);
      return linked.length;
    },
    close: async () => {
      await lasting.stop();
      transport.shutDown(1001, 'the node is stopping');
    },
  };
}

/** Takes members where the store may be met. That is asked last, so that strangers neither learn nor change anything. */
function admitting(members: Authenticator, meetings: Meetings): Authenticator {
  return {
    prove: members.prove,
    verify: async (...proof) => {
      const valid = await members.verify(...proof);
      const reason = valid === true ? meetings.refusal() : undefined;
      return reason === undefined ? valid : { code: closeCodes.replicaTooOld, reason };
    },
  };
}

function alone(log: Log): GossipSide {
  return {
    accept: (_request, socket) => {
      log.warn({ code: 'SECRET_MISSING' }, 'a peer called, but this node has no cluster secret');
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    },
    committed: () => {},
    announcePresence: () => {},
    isRunning: () => true,
    status: () => ({
      state: 'alone',
      linkedPeers: 0,
      peers: [],
      refusals: [],
      alarms: [],
      alarmCounts: {},
      clockSkews: [],
      redundancy: null,
      presenceStates: 0,
      counters: {},
    }),
    members: () => [],
    spreadOf: () => ({ nodes: 1, regions: true }),
    compareUpTo: () => {},
    repairNow: () => 0,
    close: async () => {},
  };
}

function raise(log: Log, { code, replicaId, message }: Alarm): void {
  log.error({ code, replicaId }, message);
}

const regionOf = ({ region }: { readonly region: string }): string => region;

/** A store that is gone says so elsewhere. */
function ignored(): void {}

/** What people have to know is said once, and louder the more there is to do about it. */
function logEvent(log: Log, event: NodeEvent): void {
  const { type, ...details } = event;
  switch (type) {
    case 'peerLinked':
    case 'peerUnlinked':
    case 'peerSlowed':
      log.info(details, type);
      break;
    case 'linkRefused':
    case 'dialFailed': {
      const named = { ...event, code: codeName(event.code), closeCode: event.code, type: undefined };
      if (isRefusal(event)) log.warn(named, type);
      else log.info(named, type);
      break;
    }
    case 'memberChanged':
    case 'meshChanged':
      log.info(details, type);
      break;
    case 'divergence':
    case 'changeRefused':
    case 'mailDropped':
    case 'isolated':
    case 'tooManyMembers':
      log.warn({ code: warningCodes[type], ...details }, type);
      break;
    default:
      log.debug(details, type);
  }
}

/** What alerts can go by, whatever the words become. */
const warningCodes = {
  divergence: 'DIVERGENCE',
  changeRefused: 'CHANGE_REFUSED',
  mailDropped: 'MAIL_DROPPED',
  isolated: 'ISOLATED',
  tooManyMembers: 'TOO_MANY_MEMBERS',
} as const;

/** Empty for what stock clients could not read: they would throw. */
function toEntries({ client, clock, state }: PresenceState): readonly AwarenessEntry[] {
  if (state === null) return [{ clientId: client, clock, state: null }];
  try {
    const text = utf8Decode(state);
    JSON.parse(text);
    return [{ clientId: client, clock, state: text }];
  } catch {
    return [];
  }
}

function toState(id: DocumentId, { clientId, clock, state }: AwarenessEntry): PresenceState {
  return { id, client: clientId, clock, state: state === null ? null : utf8Encode(state) };
}
