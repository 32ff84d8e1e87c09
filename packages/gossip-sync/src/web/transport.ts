import type { Timers } from '@hearsay/core';
import type { LinkId, Transport, TransportListener } from '../ports.ts';
import { WebLink, type WebSocketLike } from './web-link.ts';

export type { WebSocketLike } from './web-link.ts';

export interface WebTransportOptions {
  readonly timers: Timers;
  /** Begins to connect; throws for an address that no WebSocket has. */
  open(address: string): WebSocketLike;
}

/** Dials and is not dialled: links over the WebSocket that every browser has. */
export interface WebTransport extends Transport {
  /** Closes every link with a code and dials no more. */
  shutDown(code: number, reason: string): void;
}

/** How long a dial may take before it counts as failed. */
const dialTimeoutMs = 10_000;

/** Where a dial failed, or a link was lost: no close frame says so. */
const abnormal = 1006;

export function createWebTransport({ timers, open }: WebTransportOptions): WebTransport {
  const links = new Map<LinkId, WebLink>();
  let listener: TransportListener | undefined;
  let nextLink: LinkId = 1;
  let isOpen = true;

  function adopt(socket: WebSocketLike, address: string): void {
    const id = nextLink++;
    const link = new WebLink(socket, timers, {
      frame: (frame) => listener?.frameReceived(id, frame),
      drained: () => listener?.linkDrained(id),
      closed: (code, reason) => {
        links.delete(id);
        listener?.linkClosed(id, address, code, reason);
      },
    });
    links.set(id, link);
    listener?.linkOpened(id, 'dialled', address);
  }

  function dial(address: string): void {
    let isSettled = false;
    const settle = (go: () => void): void => {
      if (isSettled) return;
      isSettled = true;
      cancelTimeout();
      go();
    };
    const failed = (reason: string): void =>
      settle(() => listener?.linkClosed(null, address, abnormal, reason));
    let cancelTimeout = (): void => {};
    const failSoon = (reason: string): void => {
      cancelTimeout = timers.set(0, () => failed(reason));
    };
    if (!isOpen) {
      failSoon('shutting down');
      return;
    }
    let socket: WebSocketLike;
    try {
      socket = open(address);
    } catch (error) {
      failSoon(error instanceof Error ? error.message : String(error));
      return;
    }
    socket.binaryType = 'arraybuffer';
    cancelTimeout = timers.set(dialTimeoutMs, () => {
      failed('no answer');
      socket.close();
    });
    socket.addEventListener('open', () =>
      settle(() => {
        if (isOpen) {
          adopt(socket, address);
          return;
        }
        socket.close();
        listener?.linkClosed(null, address, abnormal, 'shutting down');
      }),
    );
    // Browsers tell nobody why: a page could else look around in the network it is in. `ws` would throw without a listener.
    socket.addEventListener('error', () => {});
    socket.addEventListener('close', ({ code, reason }) =>
      failed(reason === '' ? `the address cannot be reached (${code})` : reason),
    );
  }

  return {
    listen: (attached) => {
      listener = attached;
    },
    dial,
    send: (id, frame) => links.get(id)?.send(frame) ?? false,
    // Who was dialled is no stranger.
    proven: () => {},
    // A page cannot pause its sockets.
    hold: () => {},
    release: () => {},
    bufferedBytes: (id) => links.get(id)?.bufferedBytes ?? 0,
    close: (id, code, reason) => links.get(id)?.close(code, reason),
    shutDown: (code, reason) => {
      isOpen = false;
      for (const link of [...links.values()]) link.close(code, reason);
    },
  };
}
