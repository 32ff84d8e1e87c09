import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AwarenessEntry } from '@hearsay/client-protocol';
import type { DocumentId } from '@hearsay/core';
import type { DocumentStore } from '@hearsay/storage';
import type { Config } from './config/config.ts';
import type { PresenceHub } from './hub/presence.ts';
import type { Log } from './telemetry/log.ts';

/** A node's side of the cluster, as the rest of the server uses it. */
export interface GossipSide {
  /** Takes over a peer's handshake. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  announcePresence(id: DocumentId, entries: readonly AwarenessEntry[]): void;
  /** For `/api/status`. */
  status(): object;
  /** Tells the peers goodbye and closes all links. */
  close(): Promise<void>;
}

export interface GossipDeps {
  readonly store: DocumentStore;
  readonly presence: PresenceHub;
  readonly log: Log;
  /** Where peers reach this node. */
  readonly peerUrl: string;
}

/** Joins the cluster, or stays alone where there is no secret to let anybody in. */
export async function openGossip(config: Config, deps: GossipDeps): Promise<GossipSide> {
  if (config.secret === undefined) return alone(deps);
  throw new Error('not yet');
}

function alone({ log }: GossipDeps): GossipSide {
  return {
    accept: (_request, socket) => {
      log.warn({ code: 'SECRET_MISSING' }, 'a peer called, but this node has no cluster secret');
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    },
    announcePresence: () => {},
    status: () => ({ peers: [] }),
    close: async () => {},
  };
}
