import { createRandom, toHex } from '@hearsay/core';
import {
  closeCodes,
  createGossipNode,
  createGuestAuthenticator,
  guestCluster,
  type Interest,
  toInterest,
} from '@hearsay/gossip-sync';
import { type DocumentStore, openStore } from '@hearsay/storage';
import { platform } from '#replica-platform';
import { KnownCluster, keepInterest } from './keep-interest.ts';
import { createKeptReplica } from './kept-replica.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { LinkState } from './link-state.ts';
import type { ReplicaStorage } from './platform/platform.ts';
import type { Replica, ReplicaOptions } from './replica.ts';
import { ReplicaError } from './replica-error.ts';
import { OpenReplica } from './running-replica.ts';
import { anyServer, createServerTransport, guestUrl } from './server-list.ts';
import { CopiesAside } from './set-aside.ts';
import { readSettled } from './settled.ts';
import { UnsentEdits } from './unsent-edits.ts';

/** A first synchronisation of small documents is bound by how many are under way. */
const documents = { batchesPerPeer: 8 };

/** Milliseconds: a page that comes back is not to wait as long as a node whose operator has to mend something. */
const peers = { seeds: [anyServer], dialCapMs: 15_000, refusedCapMs: 30_000 };

const defaultCompareEveryMs = 60_000;

/**
 * Opens the replica in a storage, or makes it there, and keeps it equal with a cluster whenever one of the servers can be
 * reached. Throws a {@link ReplicaError}.
 */
export async function openReplica(options: ReplicaOptions): Promise<Replica> {
  const interest = checkOptions(options);
  const store = await openStorage(options.storage);
  try {
    return await compose(options, interest, store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function compose(options: ReplicaOptions, interest: Interest, store: DocumentStore): Promise<Replica> {
  await keepInterest(store, interest);
  const cluster = await KnownCluster.load(store);
  const copies = await CopiesAside.load(store);
  const queue = new KeyedQueue();
  const unsent = new UnsentEdits(await readSettled(store));
  await unsent.restore((after) => store.outbox(after, outboxPageBytes), await store.outboxHead());
  const link = new LinkState();
  const { clock, timers, entropy } = platform;
  const transport = createServerTransport(options.servers, platform, (server) => {
    link.dialled(server);
    replica.changed();
  });
  const breakOff = (reason: string): never => {
    link.blame(reason);
    throw new Error(reason);
  };
  const node = createGossipNode({
    replica: createKeptReplica({
      store,
      interest,
      unsent,
      copies,
      queue,
      now: clock.now,
      keptAside: (copy) => replica.keptAside(copy),
    }),
    transport,
    authenticator: createGuestAuthenticator({
      interest,
      token: async () => {
        try {
          return typeof options.token === 'function' ? await options.token() : (options.token ?? null);
        } catch (error) {
          return breakOff(`no token: ${error instanceof Error ? error.message : String(error)}`);
        }
      },
      tooLong: breakOff,
      welcomed(welcome) {
        if (cluster.accepts(welcome.cluster)) {
          replica.welcomed(welcome.mayWrite);
          return null;
        }
        const reason = `this replica is of another cluster than "${welcome.cluster}": use another storage`;
        return { code: closeCodes.wrongCluster, reason };
      },
    }),
    clock,
    timers,
    random: createRandom(toHex(entropy(32))),
    options: {
      among: 'guest',
      peers,
      documents,
      antiEntropy: { intervalMs: options.compareEveryMs ?? defaultCompareEveryMs },
    },
    listeners: { event: (event) => replica.took(event) },
  });
  const replica: OpenReplica = new OpenReplica({
    store,
    node,
    transport,
    interest,
    link,
    unsent,
    copies,
    queue,
    platform,
  });
  await node.start();
  return replica;
}

/** Bytes of changes read at once when the outbox is looked through. */
const outboxPageBytes = 1_048_576;

function checkOptions({ collections, prefix = '', servers }: ReplicaOptions): Interest {
  const interest = toInterest(collections, prefix);
  if (!interest.ok) throw new ReplicaError('OPTIONS_INVALID', interest.error.message);
  if (servers.length === 0) throw new ReplicaError('OPTIONS_INVALID', 'no server is named');
  for (const server of servers) {
    try {
      guestUrl(server);
    } catch {
      throw new ReplicaError('OPTIONS_INVALID', `"${server}" is no ws:// or wss:// address`);
    }
  }
  return interest.value;
}

async function openStorage(storage: ReplicaStorage): Promise<DocumentStore> {
  const { clock, timers, entropy } = platform;
  const opened =
    typeof storage === 'string'
      ? await platform.openStore(storage, guestCluster)
      : await openStore({ ...storage, cluster: guestCluster, clock, timers, random: { bytes: entropy } });
  if (!opened.ok) {
    throw new ReplicaError('STORAGE_UNUSABLE', `${opened.error.code}: ${opened.error.message}`);
  }
  return opened.value;
}
