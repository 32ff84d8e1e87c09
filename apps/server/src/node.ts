import type { DocumentStore } from '@hearsay/storage';
import type { Config } from './config/config.ts';
import { isLoopback } from './config/resolve.ts';
import { type Edge, openEdge } from './edge.ts';
import type { HearsayHooks } from './embedded/hooks.ts';
import { HearsayError } from './failures.ts';
import type { Readiness } from './http/health.ts';
import { openReplica, type RunningReplica } from './running-replica.ts';
import { advertisedUrl, dialable } from './runtime/addresses.ts';
import type { Log } from './telemetry/log.ts';
import { observe } from './telemetry/observe.ts';
import { openCertificates } from './tls/certificates.ts';

export interface NodeDeps {
  readonly log: Log;
  /** Of the application the node runs in. */
  readonly hooks?: HearsayHooks;
}

/** A node that runs: what the command line and the in-process API both start. */
export interface HearsayNode {
  readonly port: number;
  /** Of questions after health, where they have one of their own. */
  readonly healthPort: number | undefined;
  /** For browsers. */
  readonly httpUrl: string;
  /** For Yjs providers. */
  readonly clientUrl: string;
  /** For peers. */
  readonly peerUrl: string;
  readonly store: DocumentStore;
  /** Resolves when the node cannot go on; it has to be stopped then. */
  readonly failure: Promise<HearsayError>;
  readiness(): Readiness;
  /** Finishes what it has taken, says goodbye to clients and peers, closes the store. Throws STOP_TIMEOUT when cut short. */
  stop(): Promise<void>;
}

/** Starts a node: port first, then the store, then the cluster. Throws a {@link HearsayError} and leaves nothing open. */
export async function startNode(config: Config, { log, hooks = {} }: NodeDeps): Promise<HearsayNode> {
  let replica: RunningReplica | undefined;
  let edge: Edge | undefined;
  let isStopping = false;
  const readiness = (): Readiness => {
    if (isStopping) return { ready: false, reason: 'STOPPING' };
    if (replica === undefined) return { ready: false, reason: 'STARTING' };
    const its = replica.readiness();
    return its.ready && edge?.isOverloaded() === true ? { ready: false, reason: 'OVERLOADED' } : its;
  };
  let markStarted = (): void => {};
  const started = new Promise<void>((resolve) => {
    markStarted = resolve;
  });
  const certificates = openCertificates(config, log);
  const opened = await openEdge(config, {
    log,
    readiness,
    served: () => replica,
    started,
    observed: observe(() => replica, certificates),
    certificates,
  }).catch((error: unknown) => {
    certificates?.close();
    throw error;
  });
  edge = opened;
  const s = certificates === undefined ? '' : 's';
  const peerUrl = config.advertise ?? advertisedUrl(config.host, opened.port, `ws${s}`);
  try {
    replica = await openReplica(config, { log, hooks, peerUrl, readiness, certificates });
  } catch (error) {
    await opened.close();
    certificates?.close();
    throw error;
  }
  if (certificates === undefined && !isLoopback(config.host) && config.trustProxy.length === 0) {
    log.warn({ code: 'NOT_ENCRYPTED' }, 'what clients and peers say can be read on its way: see --tls-cert');
  }
  const running = replica;
  markStarted();
  const stop = async (): Promise<void> => {
    isStopping = true;
    opened.stopAdmitting();
    await running.close();
    await opened.close();
    certificates?.close();
  };
  let stopped: Promise<void> | undefined;
  const address = dialable(config.host, opened.port);
  return {
    port: opened.port,
    healthPort: opened.healthPort,
    httpUrl: `http${s}://${address}`,
    clientUrl: `ws${s}://${address}`,
    peerUrl,
    store: running.store,
    failure: running.failure,
    readiness,
    stop: () => {
      stopped ??= within(config.stopTimeout, stop());
      return stopped;
    },
  };
}

async function within(timeoutMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new HearsayError('STOP_TIMEOUT', `the node did not stop within ${timeoutMs} ms`));
    }, timeoutMs);
  });
  await Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
