import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { guestSubprotocol, type LinkId } from '@hearsay/gossip-sync';
import { createWebSocketTransport } from '@hearsay/gossip-sync/websocket';
import { type CommittedChange, createSelections, type DocumentStore } from '@hearsay/storage';
import { systemClock, systemTimers } from '../runtime/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { GuestAccess } from './access.ts';
import { Guest } from './guest.ts';
import { GuestCursors } from './guest-cursors.ts';
import { GuestPipe } from './guest-pipe.ts';

/** Replicas of clients: peers for one conversation, and no members of the cluster. */
export interface Guests {
  /** Links that are open. */
  readonly links: number;
  /** Takes over a guest's handshake. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** To be told of every batch. */
  committed(changes: readonly CommittedChange[]): void;
  close(): Promise<void>;
}

export interface GuestsDeps {
  readonly cluster: string;
  readonly store: DocumentStore;
  readonly access: GuestAccess;
  readonly log: Log;
  /** Milliseconds between two looks at whether guests still may have what they have (default 4000). */
  readonly reviewMs?: number;
}

/** A guess: a first synchronisation of thousands of documents is over in seconds, a flood leaves room for others. */
const inboundBytesPerSecond = 8_388_608;

/** What has been revoked is over within 5 s. */
const defaultReviewMs = 4000;

/** About 100 bytes each. */
const maxCursors = 65_536;

export function openGuests(deps: GuestsDeps): Guests {
  const { store, log, reviewMs = defaultReviewMs } = deps;
  const selections = createSelections(store);
  const transport = createWebSocketTransport({
    clock: systemClock,
    timers: systemTimers,
    inboundBytesPerSecond,
    subprotocol: guestSubprotocol,
  });
  const cursors = new GuestCursors(maxCursors);
  const guests = new Map<LinkId, { readonly pipe: GuestPipe; readonly guest: Guest }>();
  const ending = new Set<Promise<void>>();
  let opened = 0;

  let cancelReview = (): void => {};
  const review = (): void => {
    for (const { guest } of guests.values()) {
      // What cannot be asked now is asked again; the guest keeps what it was given.
      guest.review().catch((error: unknown) => log.error({ err: error }, 'guest not reviewed'));
    }
    cancelReview = systemTimers.set(reviewMs, review);
  };
  cancelReview = systemTimers.set(reviewMs, review);

  function end(guest: Guest): void {
    const ended = guest.end().catch((error: unknown) => log.error({ err: error }, 'guest not ended'));
    ending.add(ended);
    void ended.then(() => ending.delete(ended));
  }

  transport.listen({
    linkOpened(link, _, address) {
      const pipe = new GuestPipe(transport, link, address);
      const guest = new Guest({ ...deps, selections, cursors }, pipe, `g${++opened}`);
      guests.set(link, { pipe, guest });
      guest.start().catch((error: unknown) => {
        log.error({ err: error }, 'guest not started');
        transport.close(link, 1011, 'internal error');
      });
    },
    frameReceived: (link, frame) => guests.get(link)?.pipe.frameReceived(frame),
    linkClosed(link, _, code, reason) {
      const left = link === null ? undefined : guests.get(link);
      if (link === null || left === undefined) return;
      guests.delete(link);
      left.pipe.closed(code, reason);
      end(left.guest);
    },
    linkDrained: (link) => guests.get(link)?.pipe.drained(),
  });

  return {
    get links() {
      return guests.size;
    },
    accept: (...handshake) => transport.accept(...handshake),
    committed(changes) {
      for (const { guest } of guests.values()) guest.committed(changes);
    },
    async close() {
      cancelReview();
      for (const { guest } of guests.values()) end(guest);
      await Promise.all(ending);
      transport.shutDown(1001, 'the node is stopping');
      selections.close();
    },
  };
}
