import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { PassThrough } from 'node:stream';
import { createRandom, type DocumentId, toHex } from '@hearsay/core';
import {
  createGossipNode,
  createGuestAuthenticator,
  type GossipNode,
  guestCluster,
  guestPath,
  guestSubprotocol,
  type Interest,
  type LinkId,
  type NodeEvent,
  type Transport,
  type TransportListener,
  type Welcome,
} from '@hearsay/gossip-sync';
import { createWebTransport } from '@hearsay/gossip-sync/web';
import type { DocumentStore } from '@hearsay/storage';
import WebSocket from 'ws';
import * as Y from 'yjs';
import type { GuestAccess } from '../guests/access.ts';
import { openGuests } from '../guests/guests.ts';
import { systemClock, systemTimers } from '../runtime/clock.ts';
import { createLog } from '../telemetry/log.ts';
import { memoryStore, systemTime } from './memory-store.ts';

/** A replica that calls, with everything it says and hears. */
export interface TestGuest {
  readonly documents: DocumentStore;
  readonly node: GossipNode;
  readonly events: NodeEvent[];
  readonly welcomes: Welcome[];
  /** Frames that it has sent. */
  readonly said: Uint8Array[];
  /** Frames that it has been sent. */
  readonly heard: Uint8Array[];
  /** Sends anything over its open link; false when there is none. */
  say(frame: Uint8Array): boolean;
}

/** The node's side of guests, and guests, of one test; all gone at its end. */
export class GuestBench {
  readonly #endings: (() => unknown)[] = [];

  /** A store whose guests `access` decides about. */
  async host(access: GuestAccess): Promise<{ readonly documents: DocumentStore; readonly port: number }> {
    const documents = await this.#store('home');
    const log = createLog({ level: 'trace', format: 'json', output: new PassThrough().resume() });
    const guests = openGuests({ cluster: 'home', store: documents, access, log, reviewMs: 10 });
    documents.onCommit((changes) => guests.committed(changes));
    const server: Server = createServer();
    server.on('upgrade', guests.accept);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#endings.push(async () => {
      await guests.close();
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return { documents, port: address.port };
  }

  async guest(port: number, interest: Interest, token: string | null): Promise<TestGuest> {
    const documents = await this.#store(guestCluster);
    const transport = createWebTransport({
      timers: systemTimers,
      open: () => new WebSocket(`ws://127.0.0.1:${port}${guestPath}`, guestSubprotocol),
    });
    let last: LinkId | undefined;
    const events: NodeEvent[] = [];
    const welcomes: Welcome[] = [];
    const said: Uint8Array[] = [];
    const heard: Uint8Array[] = [];
    const tapped: Transport = {
      ...transport,
      listen: (listener) =>
        transport.listen({
          ...bound(listener),
          frameReceived(link, frame) {
            heard.push(frame);
            listener.frameReceived(link, frame);
          },
        }),
      send(link, frame) {
        last = link;
        said.push(frame);
        return transport.send(link, frame);
      },
    };
    const node = createGossipNode({
      replica: documents,
      transport: tapped,
      authenticator: createGuestAuthenticator({
        interest,
        token: async () => token,
        tooLong: (reason) => {
          throw new Error(reason);
        },
        welcomed: (welcome) => {
          welcomes.push(welcome);
          return null;
        },
      }),
      clock: systemClock,
      timers: systemTimers,
      random: createRandom(entropy()),
      options: { among: 'guest', peers: { seeds: ['x'], dialBaseMs: 5, dialCapMs: 10, refusedCapMs: 10 } },
      listeners: { event: (event) => events.push(event) },
    });
    documents.onCommit((changes) => node.committed(changes));
    await node.start();
    this.#endings.push(() => node.stop());
    const say = (frame: Uint8Array): boolean => last !== undefined && transport.send(last, frame);
    return { documents, node, events, welcomes, said, heard, say };
  }

  async end(): Promise<void> {
    for (const ending of this.#endings.splice(0).reverse()) await ending();
  }

  async #store(cluster: string): Promise<DocumentStore> {
    const store = await memoryStore(systemTime, { cluster, keepsDeleted: cluster === 'home' });
    this.#endings.push(() => store.close());
    return store;
  }
}

export function note(name: string): DocumentId {
  return { collection: 'notes', name };
}

/** Stores a document of one line. */
export async function writeNote(documents: DocumentStore, name: string): Promise<void> {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, name);
  const stored = await documents.submit(note(name), Y.encodeStateAsUpdate(doc), { kind: 'local' });
  if (!stored.ok) throw new Error(stored.error.message);
}

export const everything: Interest = { collections: ['notes'], prefix: '' };

/** The same listener as a plain object. */
function bound(listener: TransportListener): TransportListener {
  return {
    linkOpened: (...opened) => listener.linkOpened(...opened),
    frameReceived: (...received) => listener.frameReceived(...received),
    linkClosed: (...closed) => listener.linkClosed(...closed),
    linkDrained: (link) => listener.linkDrained(link),
  };
}

function entropy(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(16)));
}
