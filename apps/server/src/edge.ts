import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { WebSocket } from 'ws';
import type { Access } from './access/access.ts';
import type { Config } from './config/config.ts';
import { createEdgeAccess } from './http/access.ts';
import { createAdminAccess } from './http/admin-access.ts';
import { createApp, type ServedOverHttp } from './http/app.ts';
import { createHealthApp, type Readiness } from './http/health.ts';
import type { PollConnection } from './long-poll/poll-connection.ts';
import { longPollRoutes } from './long-poll/routes.ts';
import { nextTurn, systemClock, systemTimers } from './runtime/clock.ts';
import { listen } from './runtime/listen.ts';
import { type DescriptorWatch, watchDescriptors } from './telemetry/descriptors.ts';
import { droppedLines, type Log } from './telemetry/log.ts';
import { createMetrics, type Observed } from './telemetry/metrics.ts';
import type { Certificates } from './tls/certificates.ts';
import { AddressLimits } from './websocket/address-limits.ts';
import { Arrivals } from './websocket/arrivals.ts';
import { createClientAddress } from './websocket/client-address.ts';
import type { RawSocket } from './websocket/connection.ts';
import { installUpgrades } from './websocket/upgrade.ts';

/** What the port serves; there once the store is open. */
export interface Served extends ServedOverHttp {
  status(): Promise<object>;
  /** Reads that clients wait for. */
  joining(): number;
  acceptClient(webSocket: WebSocket, socket: RawSocket, address: string, request: IncomingMessage): void;
  /** Of a client that no WebSocket gets through to. */
  acceptPolled(connection: PollConnection, request: IncomingMessage): void;
  acceptPeer(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  acceptGuest(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface EdgeDeps {
  readonly log: Log;
  readonly readiness: () => Readiness;
  /** Undefined while there is nothing to serve. */
  readonly served: () => Served | undefined;
  /** Resolves when there is. */
  readonly started: Promise<void>;
  readonly observed: readonly Observed[];
  /** Undefined: the port speaks plain HTTP. */
  readonly certificates: Certificates | undefined;
}

/** The node's port: HTTP and WebSockets, bound before the store is opened, so that health can be asked at once. */
export interface Edge {
  readonly port: number;
  /** Of questions after health, where they have one of their own. */
  readonly healthPort: number | undefined;
  /** Whether more clients want in than can be let in soon. */
  isOverloaded(): boolean;
  /** Clients that still wait to be let in are turned away, and whoever comes from now on. */
  stopAdmitting(): void;
  close(): Promise<void>;
}

/** Binds host and port; throws a HearsayError when that is not possible. */
export async function openEdge(config: Config, deps: EdgeDeps): Promise<Edge> {
  const access = createEdgeAccess(config);
  const hasTokens = config.tokenSecret !== undefined || config.tokenKeys !== undefined;
  const refusals: Record<string, number> = {};
  const now = (): number => systemClock.monotonic();
  const addresses = new AddressLimits({
    maxTotal: config.maxConnections,
    maxPerAddress: config.maxConnectionsPerIp,
    handshakesPerSecond,
  });
  let descriptors: DescriptorWatch | undefined;
  const arrivals = new Arrivals({
    now,
    nextTurn,
    later: (delayMs, run) => void systemTimers.set(delayMs, run),
    hasRoom: () => (deps.served()?.joining() ?? Number.POSITIVE_INFINITY) < maxJoining,
    maxWaitMs: config.arrivalWait,
  });
  const metrics = createMetrics([
    ...deps.observed,
    ...observedOf(deps.log, arrivals, refusals, () => descriptors?.exhausted ?? 0),
  ]);
  const app: FastifyInstance = createApp({
    log: deps.log,
    access,
    trustProxy: config.trustProxy,
    tokenInUrl: config.tokenInUrl,
    certificates: deps.certificates,
    metrics,
    readiness: deps.readiness,
    status: async () => (await deps.served()?.status()) ?? deps.readiness(),
    adminAccess: createAdminAccess({
      secret: config.secret,
      host: config.host,
      node: () => deps.served()?.node,
      now,
      ...(hasTokens && { access: () => deps.served()?.access ?? notYet }),
    }),
    hasTokens,
    served: deps.served,
  });
  const clientAddress = createClientAddress(config.trustProxy);
  const isReady = async (): Promise<boolean> => {
    if (deps.served() === undefined)
      await Promise.race([deps.started, delay(maxStartWaitMs, undefined, { ref: false })]);
    return deps.served() !== undefined && deps.readiness().reason !== 'STOPPING';
  };
  longPollRoutes(app, {
    access,
    maxMessageBytes: config.maxMessageBytes,
    now,
    admit: (request) => addresses.admit(clientAddress(request.raw), now()),
    arrivals,
    accept: (connection, request) => deps.served()?.acceptPolled(connection, request.raw),
  });
  installUpgrades({
    server: app.server,
    log: deps.log.child({ part: 'websocket' }),
    access,
    addresses,
    arrivals,
    clientAddress,
    maxMessageBytes: config.maxMessageBytes,
    tokenInUrl: config.tokenInUrl,
    now,
    isReady,
    acceptClient: (...socket) => deps.served()?.acceptClient(...socket),
    peerError: (socket) => deps.certificates?.peerError(socket),
    acceptPeer: (...handshake) => deps.served()?.acceptPeer(...handshake),
    acceptGuest: (...handshake) => deps.served()?.acceptGuest(...handshake),
    refused: (status) => {
      refusals[status] = (refusals[status] ?? 0) + 1;
    },
  });
  const port = await listen(app, config.host, config.port);
  const health = createHealthApp({ access, metrics, readiness: deps.readiness, served: deps.served });
  const healthPort = await listenToo(health, config).catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  descriptors = watchDescriptors({
    server: app.server,
    log: deps.log,
    clock: systemClock,
    timers: systemTimers,
  });
  let cancelSweep = (): void => {};
  const sweep = (): void => {
    addresses.sweep(systemClock.monotonic());
    cancelSweep = systemTimers.set(sweepMs, sweep);
  };
  sweep();
  return {
    port,
    healthPort,
    isOverloaded: () => arrivals.isOverloaded(),
    stopAdmitting: () => arrivals.close(),
    close: async () => {
      cancelSweep();
      arrivals.close();
      descriptors?.stop();
      await app.close();
      // Last, so that who watches sees it end.
      await health.close();
    },
  };
}

/** The port of questions after health, where there is to be one. */
async function listenToo(health: FastifyInstance, { host, healthPort }: Config): Promise<number | undefined> {
  return healthPort === undefined ? undefined : listen(health, host, healthPort);
}

/** What the port itself shows on `/metrics`. */
function observedOf(
  log: Log,
  arrivals: Arrivals,
  refusals: Readonly<Record<string, number>>,
  exhausted: () => number,
): readonly Observed[] {
  return [
    {
      name: 'hearsay_handshakes_refused_total',
      help: 'WebSocket handshakes refused, by HTTP status',
      kind: 'counter',
      label: 'status',
      read: () => refusals,
    },
    {
      name: 'hearsay_arrivals_waiting',
      help: 'Clients that wait to be let in',
      kind: 'gauge',
      read: () => ({ '': arrivals.length }),
    },
    {
      name: 'hearsay_arrivals_total',
      help: 'Clients that waited to be let in, by what became of them',
      kind: 'counter',
      label: 'outcome',
      read: () => ({ ...arrivals.counts }),
    },
    {
      name: 'hearsay_descriptors_exhausted_total',
      help: 'Times that no file descriptor was left; looked at once a second',
      kind: 'counter',
      read: () => ({ '': exhausted() }),
    },
    {
      name: 'hearsay_log_lines_dropped_total',
      help: 'Log lines dropped because nobody read what was printed',
      kind: 'counter',
      read: () => ({ '': droppedLines(log) }),
    },
  ];
}

/** Until the store is open nobody can be told from anybody. */
const notYet: Pick<Access, 'caller'> = {
  caller: async () => ({ refusal: 'the node is starting', isTemporary: true }),
};

/** One browser with twenty tabs that all reconnect at once stays below. */
const handshakesPerSecond = 20;

const sweepMs = 60_000;

/** Reads that clients who were let in wait for, from which on nobody else is: half a second's worth. */
const maxJoining = 64;

/** A peer that comes while the store is being opened waits this long before it is turned away. */
const maxStartWaitMs = 5000;
