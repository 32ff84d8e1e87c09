import type { RunningReplica } from '../running-replica.ts';
import type { Certificates } from '../tls/certificates.ts';
import type { Observed } from './metrics.ts';

/** What a node shows on `/metrics`; nothing of its own before the replica runs. */
export function observe(
  replica: () => RunningReplica | undefined,
  certificates: Certificates | undefined,
): readonly Observed[] {
  const one = (read: (running: RunningReplica) => number): (() => Record<string, number>) => {
    return () => {
      const running = replica();
      return running === undefined ? {} : { '': read(running) };
    };
  };
  return [
    {
      name: 'hearsay_ready',
      help: '1 while the node takes writes',
      kind: 'gauge',
      read: one((running) => (running.readiness().ready ? 1 : 0)),
    },
    {
      name: 'hearsay_certificate_not_after_seconds',
      help: 'When the TLS certificate of this node ends, in seconds since 1970; none without TLS',
      kind: 'gauge',
      read: (): Record<string, number> => (certificates === undefined ? {} : { '': certificates.notAfter() }),
    },
    {
      name: 'hearsay_documents',
      help: 'Live documents in the store',
      kind: 'gauge',
      read: one(({ store }) => store.status().documents),
    },
    {
      name: 'hearsay_documents_damaged',
      help: 'Documents in quarantine',
      kind: 'gauge',
      read: one(({ store }) => store.status().damagedDocuments),
    },
    {
      name: 'hearsay_documents_parked',
      help: 'Documents that are not built any more because they took their workers down',
      kind: 'gauge',
      read: one(({ parking }) => parking.parked().length),
    },
    {
      name: 'hearsay_scrub_documents',
      help: 'Documents read in the present round of the scrub',
      kind: 'gauge',
      read: one(({ scrub }) => scrub.status().documents),
    },
    {
      name: 'hearsay_scrub_rounds_total',
      help: 'Times that the scrub has read the whole store',
      kind: 'counter',
      read: one(({ scrub }) => scrub.status().rounds),
    },
    {
      name: 'hearsay_store_queued_bytes',
      help: 'Bytes that wait to be written',
      kind: 'gauge',
      read: one(({ store }) => store.status().queuedBytes),
    },
    {
      name: 'hearsay_store_events_total',
      help: 'What the store has done since it was opened',
      kind: 'counter',
      label: 'event',
      read: () => replica()?.store.status().counters ?? {},
    },
    {
      name: 'hearsay_client_connections',
      help: 'Open client sockets',
      kind: 'gauge',
      read: one(({ clients }) => clients.connections),
    },
    {
      name: 'hearsay_client_connections_total',
      help: 'Client sockets opened',
      kind: 'counter',
      read: one(({ clients }) => clients.opened),
    },
    {
      name: 'hearsay_reads_waiting',
      help: 'Reads that clients wait for',
      kind: 'gauge',
      read: one((running) => running.joining()),
    },
    {
      name: 'hearsay_client_documents',
      help: 'Documents that clients follow',
      kind: 'gauge',
      read: one(({ fanOut }) => fanOut.documents),
    },
    {
      name: 'hearsay_client_frames_total',
      help: 'Update frames for clients',
      kind: 'counter',
      read: one(({ fanOut }) => fanOut.framesWritten),
    },
    {
      name: 'hearsay_guests_linked',
      help: 'Replicas of clients with a link',
      kind: 'gauge',
      read: one(({ guests }) => guests.links),
    },
    {
      name: 'hearsay_peers_linked',
      help: 'Peers with an authenticated link',
      kind: 'gauge',
      read: one(({ gossip }) => gossip.status().linkedPeers),
    },
    {
      name: 'hearsay_peer_mail_lag',
      help: 'Changes that a peer has not acknowledged',
      kind: 'gauge',
      label: 'peer',
      read: () =>
        Object.fromEntries(
          (replica()?.gossip.status().peers ?? []).map(({ replicaId, mailLag }) => [replicaId, mailLag]),
        ),
    },
    {
      name: 'hearsay_clock_ahead_seconds',
      help: 'How far ahead of the clock here that of a peer is, by deletions refused within the hour; none is well',
      kind: 'gauge',
      label: 'peer',
      read: () =>
        Object.fromEntries(
          (replica()?.gossip.status().clockSkews ?? []).map(({ replicaId, aheadMs }) => [
            replicaId,
            aheadMs / 1000,
          ]),
        ),
    },
    {
      name: 'hearsay_gossip_alarms_total',
      help: 'Alarms raised: what somebody has to look into',
      kind: 'counter',
      label: 'code',
      read: () => replica()?.gossip.status().alarmCounts ?? {},
    },
    {
      name: 'hearsay_gossip_redundancy',
      help: 'Payloads of mail and rumours received for each change that was new; 1 is the least possible',
      kind: 'gauge',
      read: () => {
        const redundancy = replica()?.gossip.status().redundancy ?? null;
        return redundancy === null ? {} : { '': redundancy };
      },
    },
    {
      name: 'hearsay_gossip_events_total',
      help: 'Messages, repairs and their outcomes',
      kind: 'counter',
      label: 'event',
      read: () => replica()?.gossip.status().counters ?? {},
    },
  ];
}
