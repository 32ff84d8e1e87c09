import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Clock, limits, RateBudget, type Timers } from '@hearsay/core';
import { WebSocket, WebSocketServer } from 'ws';
import type { LinkId, Transport, TransportListener } from '../ports.ts';
import { Link } from './link.ts';
import { UnprovenLinks } from './unproven-links.ts';

/** Spoken on a peer socket and nowhere else: neither side takes a socket without it. */
export const peerSubprotocol = 'hearsay-peer.1';

/** Path of peer links on a node's port. */
export const peerPath = '/peer';

export interface WebSocketTransportOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Bytes a second taken from one link on average; a faster peer is read more slowly. */
  readonly inboundBytesPerSecond?: number;
  /** Asked at every dial of a `wss://` address: what this end shows, and the authorities (PEM) it trusts. */
  readonly tls?: () => { readonly cert?: string; readonly key?: string; readonly ca?: string };
  /** What both ends speak; {@link peerSubprotocol} where it is not given. */
  readonly subprotocol?: string;
}

export interface WebSocketTransport extends Transport {
  /** Takes over an HTTP upgrade to {@link peerPath}. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Closes every link with a code and dials no more. */
  shutDown(code: number, reason: string): void;
}

/** A guess: far above what a cluster gossips, far below what would starve clients. */
const defaultInboundBytesPerSecond = 67_108_864;

/** What one link may cost whoever is on its other end. */
const bounds = {
  maxPayload: limits.peerMessageBytes,
  // Eight connections with compressed zeros took 1 GB of memory elsewhere; updates hardly shrink.
  perMessageDeflate: false,
  // Peers send a message in one piece; its packets carry about 1,400 bytes. Each of either costs memory beside its bytes.
  maxFragments: 16,
  maxBufferedChunks: Math.ceil(limits.peerMessageBytes / 1024),
} as const;

/**
 * Links of strangers. A node that comes back is dialled by, and dials, a few peers at once, and each is proven after two round
 * trips; of a cluster on one machine all have one address.
 */
const strangers = { perAddress: 64, inAll: 256 } as const;

/** Bytes that a stranger may send: a hello and a proof, and no message that was announced as longer. */
const strangerBytes = 24_576;

/** How long a dial may take before it counts as failed. */
const dialTimeoutMs = 10_000;

/** Peer links over WebSockets: binary frames only, no compression, bounded messages, dead links noticed. */
export function createWebSocketTransport(options: WebSocketTransportOptions): WebSocketTransport {
  const { clock, timers, inboundBytesPerSecond = defaultInboundBytesPerSecond } = options;
  const { subprotocol = peerSubprotocol, tls = () => ({}) } = options;
  const links = new Map<LinkId, Link>();
  const unproven = new UnprovenLinks(strangers);
  const proven = new Map<LinkId, () => void>();
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    ...bounds,
    handleProtocols: (protocols) => (protocols.has(subprotocol) ? subprotocol : false),
  });
  let listener: TransportListener | undefined;
  let nextLink: LinkId = 1;
  let open = true;

  const adopt = (socket: WebSocket, address: string): LinkId => {
    const id = nextLink++;
    const link = new Link(socket, timers, new RateBudget(inboundBytesPerSecond, clock), {
      frame: (frame) => listener?.frameReceived(id, frame),
      drained: () => listener?.linkDrained(id),
      closed: (code, reason) => {
        links.delete(id);
        proven.get(id)?.();
        listener?.linkClosed(id, address, code, reason);
      },
    });
    links.set(id, link);
    return id;
  };

  /** Bounds what a stranger sends until it has proved who it is. */
  const doubt = (id: LinkId, raw: Duplex, leave: () => void): void => {
    let bytes = 0;
    const watch = (chunk: Buffer): void => {
      bytes += chunk.byteLength;
      if (bytes > strangerBytes) links.get(id)?.cut();
    };
    raw.on('data', watch);
    links.get(id)?.doubt();
    proven.set(id, () => {
      proven.delete(id);
      raw.off('data', watch);
      leave();
    });
  };

  const dial = (address: string): void => {
    const failed = (reason: string): void => listener?.linkClosed(null, address, 1006, reason);
    const url = peerUrl(address);
    if (!open || url === undefined) {
      timers.set(0, () => failed(open ? 'not a ws:// or wss:// address' : 'shutting down'));
      return;
    }
    const socket = new WebSocket(url, subprotocol, {
      handshakeTimeout: dialTimeoutMs,
      followRedirects: false,
      ...tls(),
      ...bounds,
    });
    let settled = false;
    const settle = (go: () => void): void => {
      if (settled) return;
      settled = true;
      go();
    };
    // Stays for good: an error that nobody listens to ends the process.
    socket.on('error', (error) => settle(() => failed(error.message)));
    socket.once('open', () =>
      settle(() => {
        if (open) {
          listener?.linkOpened(adopt(socket, address), 'dialled', address);
          return;
        }
        socket.terminate();
        failed('shutting down');
      }),
    );
  };

  return {
    listen: (attached) => {
      listener = attached;
    },
    dial,
    send: (id, frame) => links.get(id)?.send(frame) ?? false,
    proven: (id) => {
      proven.get(id)?.();
      links.get(id)?.trust();
    },
    hold: (id) => links.get(id)?.hold('node'),
    release: (id) => links.get(id)?.release('node'),
    bufferedBytes: (id) => links.get(id)?.bufferedBytes ?? 0,
    close: (id, code, reason) => links.get(id)?.close(code, reason),
    accept: (request, socket, head) => {
      // Until the handshake is done the raw socket has no other listener, and an unheard error ends the process.
      socket.on('error', () => socket.destroy());
      const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
      if (!open || !offered.includes(subprotocol)) {
        socket.end(
          `HTTP/1.1 ${open ? '400 Bad Request' : '503 Service Unavailable'}\r\nConnection: close\r\n\r\n`,
        );
        return;
      }
      const { remoteAddress, remotePort } = request.socket;
      const leave = unproven.enter(String(remoteAddress));
      if (leave === undefined) {
        socket.end('HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nConnection: close\r\n\r\n');
        return;
      }
      // Also where the handshake is refused, and no link comes of it.
      socket.once('close', leave);
      server.handleUpgrade(request, socket, head, (webSocket) => {
        const address = `${remoteAddress}:${remotePort}`;
        const id = adopt(webSocket, address);
        doubt(id, socket, leave);
        listener?.linkOpened(id, 'accepted', address);
      });
    },
    shutDown: (code, reason) => {
      open = false;
      for (const link of [...links.values()]) link.close(code, reason);
    },
  };
}

function peerUrl(address: string): URL | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') return undefined;
  if (url.pathname === '/') url.pathname = peerPath;
  return url;
}
