import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { guestPath, guestSubprotocol } from '@hearsay/gossip-sync';
import { peerPath } from '@hearsay/gossip-sync/websocket';
import { type WebSocket, WebSocketServer } from 'ws';
import type { EdgeAccess } from '../http/access.ts';
import { httpErrors } from '../http/errors.ts';
import { refusedHead } from '../http/request-head.ts';
import type { Log } from '../telemetry/log.ts';
import type { AddressLimits } from './address-limits.ts';
import { type Arrivals, retryAfterSeconds } from './arrivals.ts';
import type { ClientAddress } from './client-address.ts';
import type { RawSocket } from './connection.ts';
import { tokenProtocol } from './socket-request.ts';

export interface UpgradeDeps {
  readonly server: Server;
  readonly log: Log;
  readonly access: EdgeAccess;
  readonly addresses: AddressLimits;
  /** Where clients wait to be let in. */
  readonly arrivals: Pick<Arrivals, 'enter'>;
  readonly clientAddress: ClientAddress;
  readonly maxMessageBytes: number;
  /** Whether a token may come in an address. */
  readonly tokenInUrl: boolean;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Whether peers are let in: false once the node stops; waits a little for one that starts. */
  readonly isReady: () => Promise<boolean>;
  readonly acceptClient: (
    webSocket: WebSocket,
    socket: RawSocket,
    address: string,
    request: IncomingMessage,
  ) => void;
  /** Why a connection is not a peer's; undefined where it may be. */
  readonly peerError: (socket: Duplex) => string | undefined;
  /** Takes the handshake over. Peers have a path of their own: no peer message is ever read from a client's socket. */
  readonly acceptPeer: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Takes the handshake of a replica that is no member over. */
  readonly acceptGuest: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Counts refused handshakes by status. */
  readonly refused: (status: number) => void;
}

/** Answers WebSocket handshakes on the server's port: checks who may come in, then hands the socket over. */
export function installUpgrades(deps: UpgradeDeps): void {
  const clients = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // Eight connections with compressed zeros took 1 GB of memory elsewhere; updates hardly shrink.
    perMessageDeflate: false,
    ...closing,
    maxPayload: deps.maxMessageBytes,
    // A token is not sent back.
    handleProtocols: (offered) => [...offered].find((name) => !name.startsWith(tokenProtocol)) ?? false,
    ...fragmentBounds(deps.maxMessageBytes),
  });
  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const address = deps.clientAddress(request);
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const refusedFor = refusedHead(request, { isUpgrade: true, tokenInUrl: deps.tokenInUrl });
    const status = refusal(deps, request, path);
    if (refusedFor !== undefined) {
      refuse(httpErrors[refusedFor.code], refusedFor.message);
    } else if (status !== undefined) {
      refuse(status);
    } else if (path === peerPath) {
      const reason = deps.peerError(socket);
      if (reason !== undefined) {
        deps.log.warn({ code: 'PEER_CERTIFICATE_REFUSED', reason, address }, 'not a peer by its certificate');
        return refuse(403);
      }
      // Peers do not wait behind clients: what they bring is what clients come for.
      if (await deps.isReady()) deps.acceptPeer(request, socket, head);
      else refuse(503);
    } else {
      const admission = deps.addresses.admit(address, deps.now());
      if (!admission.admitted) return refuse(429);
      socket.once('close', admission.release);
      if (!(await deps.arrivals.enter(socket))) {
        admission.release();
        return refuse(503);
      }
      if (isGuest(request, path)) {
        deps.acceptGuest(request, socket, head);
        return;
      }
      clients.handleUpgrade(request, socket, head, (webSocket) => {
        // The server hands out the raw socket of the connection: TCP, or TLS over it.
        deps.acceptClient(webSocket, socket as RawSocket, address, request);
      });
    }

    function refuse(code: number, message = ''): void {
      deps.refused(code);
      deps.log.debug({ status: code, path, address, origin: request.headers.origin }, 'handshake refused');
      const retry = code === 429 || code === 503 ? `Retry-After: ${retryAfterSeconds()}\r\n` : '';
      socket.end(
        `HTTP/1.1 ${code} ${STATUS_CODES[code]}\r\n${retry}Connection: close\r\nContent-Type: text/plain\r\nContent-Length: ${message.length}\r\n\r\n${message}`,
      );
    }
  };
  deps.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    upgrade(request, socket, head).catch((error: unknown) => {
      deps.log.error({ err: error }, 'handshake failed');
      socket.destroy();
    });
  });
}

/** The status to refuse a handshake with; undefined to go on. */
function refusal(deps: UpgradeDeps, request: IncomingMessage, path: string): number | undefined {
  const { host, origin } = request.headers;
  if (!deps.access.hostAllowed(host)) return 421;
  if (!path.startsWith('/') || isReserved(path)) return 404;
  // Peers are no browsers.
  if (path === peerPath ? origin !== undefined : !deps.access.originAllowed(origin, host)) return 403;
  return undefined;
}

/** Beside the path, its own protocol: a room of that name stays a room. */
function isGuest({ headers }: IncomingMessage, path: string): boolean {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  return path === guestPath && offered.includes(guestSubprotocol);
}

/** Paths that are HTTP's: a document of that name would be confusing. */
function isReserved(path: string): boolean {
  return /^\/(api|metrics|healthz|readyz)(\/|$)/.test(path);
}

/** Milliseconds a closing handshake may take before the socket is cut: a stop has to end in time. Not in the types yet. */
const closing = { closeTimeout: 3000 };

/** Every fragment and chunk costs memory beside its bytes: tiny ones must not be held by the hundred thousand. */
function fragmentBounds(maxMessageBytes: number): { maxFragments: number; maxBufferedChunks: number } {
  // A slow line delivers a message in packets of about 1,400 bytes.
  return { maxFragments: 1024, maxBufferedChunks: Math.max(256, Math.ceil(maxMessageBytes / 1024)) };
}
