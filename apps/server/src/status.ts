import type { DocumentKey } from '@hearsay/core';
import type { CollectionRoot, DocumentStore, StoreStatus } from '@hearsay/storage';
import type { Config } from './config/config.ts';
import type { GossipStatus } from './gossip-status.ts';
import type { AilingDocument, QuarantinedDocument } from './http/damage.ts';
import type { Readiness } from './http/health.ts';
import type { ScrubStatus } from './maintenance/background-scrub.ts';
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
  /** Where peers reach this node; null: it only dials out. */
  readonly address: string | null;
  readonly uptimeMs: number;
  readonly ready: boolean;
  readonly reason: string | null;
  readonly documents: number;
  /** Every collection's index, ascending by name. Equal on two nodes exactly when their documents are equal. */
  readonly roots: readonly CollectionRoot[];
  readonly store: StoreStatus;
  readonly clients: { readonly connections: number; readonly documents: number };
  /** Documents in quarantine, the first hundred; `/api/damaged` lists them all. */
  readonly damaged: readonly QuarantinedDocument[];
  readonly scrub: ScrubStatus;
  /** Documents that are not built any more because they took their workers down. */
  readonly parked: readonly AilingDocument[];
  readonly gossip: GossipStatus;
}

/** Keys with the names they stand for, in the same order. */
export async function namedDocuments(
  store: Pick<DocumentStore, 'identify'>,
  keys: readonly DocumentKey[],
): Promise<readonly AilingDocument[]> {
  const ids = await store.identify(keys);
  return keys.map((key, at) => ({
    key,
    collection: ids[at]?.collection ?? null,
    name: ids[at]?.name ?? null,
  }));
}

/** The store's quarantine, as it is shown. */
export function quarantined(store: Pick<DocumentStore, 'damaged'>): readonly QuarantinedDocument[] {
  return store.damaged().map(({ key, id, reason }) => ({
    key,
    collection: id?.collection ?? null,
    name: id?.name ?? null,
    reason,
  }));
}

/** Collects the status; `replica` runs, so the answer is at most a turn old. */
export async function nodeStatus(
  config: Config,
  replica: RunningReplica,
  node: { readonly peerUrl: string | null; readonly readiness: () => Readiness },
): Promise<NodeStatus> {
  const { store, clients, fanOut, parking, gossip, scrub } = replica;
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
    damaged: quarantined(store).slice(0, listedDamaged),
    scrub: scrub.status(),
    parked: await namedDocuments(store, parking.parked()),
    gossip: gossip.status(),
  };
}

/** A status is asked for every few seconds. */
const listedDamaged = 100;

const startedAt = systemClock.monotonic();
