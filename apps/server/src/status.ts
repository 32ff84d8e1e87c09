import type { CollectionRoot, StoreStatus } from '@hearsay/storage';
import type { Config } from './config/config.ts';
import type { GossipStatus } from './gossip-status.ts';
import type { Readiness } from './http/app.ts';
import type { RunningReplica } from './running-replica.ts';
import { systemClock } from './runtime/clock.ts';
import { version } from './version.ts';

/** The body of `GET /api/status`: who this node is and how it stands. */
export interface NodeStatus {
  readonly version: string;
  readonly cluster: string;
  readonly replicaId: string;
  readonly incarnation: number;
  readonly region: string;
  /** Where peers reach this node. */
  readonly address: string;
  readonly uptimeMs: number;
  readonly ready: boolean;
  readonly reason: string | null;
  readonly documents: number;
  /** Every collection's index, ascending by name. Equal on two nodes exactly when their documents are equal. */
  readonly roots: readonly CollectionRoot[];
  readonly store: StoreStatus;
  readonly clients: { readonly connections: number; readonly documents: number };
  /** Documents that are not built any more because they took their workers down. */
  readonly parked: readonly string[];
  readonly gossip: GossipStatus;
}

/** Collects the status; `replica` runs, so the answer is at most a turn old. */
export async function nodeStatus(
  config: Config,
  replica: RunningReplica,
  node: { readonly peerUrl: string; readonly readiness: () => Readiness },
): Promise<NodeStatus> {
  const { store, clients, fanOut, workers, gossip } = replica;
  const { ready, reason } = node.readiness();
  const storeStatus = store.status();
  return {
    version,
    cluster: store.identity.cluster,
    replicaId: store.identity.replicaId,
    incarnation: store.identity.incarnation,
    region: config.region,
    address: node.peerUrl,
    uptimeMs: Math.round(systemClock.monotonic() - startedAt),
    ready,
    reason: reason ?? null,
    documents: storeStatus.documents,
    roots: await store.roots(),
    store: storeStatus,
    clients: { connections: clients.connections, documents: fanOut.documents },
    parked: workers.parked(),
    gossip: gossip.status(),
  };
}

const startedAt = systemClock.monotonic();
