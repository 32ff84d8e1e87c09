import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Certificates } from '../tls/certificates.ts';

/** A server whose connections are bounded in headers and time; over TLS alone where there are certificates. */
export function createHttpServer(handler: RequestListener, certificates: Certificates | undefined): Server {
  const server = certificates === undefined ? createServer(bounds, handler) : secured(handler, certificates);
  server.setTimeout(silenceMs);
  return server;
}

function secured(handler: RequestListener, certificates: Certificates): Server {
  const server = createTlsServer({ ...bounds, ...certificates.shown(), handshakeTimeout: 5000 }, handler);
  certificates.onChange(() => server.setSecureContext(certificates.shown()));
  // What ends a handshake ends that connection alone.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
}

/** Bounds of one HTTP connection. */
const bounds = {
  /** Bytes of all headers together; more than any browser sends without cookies. */
  maxHeaderSize: 8192,
  /** Milliseconds for all headers to arrive (Node: 60 s; slow drips hold a socket that long). */
  headersTimeout: 5000,
  /** Milliseconds for a whole request to arrive. */
  requestTimeout: 10_000,
  /** Milliseconds an idle connection is kept for the next request. */
  keepAliveTimeout: 5000,
  /** How often Node looks for connections past their deadlines; its default of 30 s makes 5 s mean 35. */
  connectionsCheckingInterval: 1000,
} as const;

/** Milliseconds without a byte after which a connection is dropped; upgraded sockets have their own heartbeat. */
const silenceMs = 30_000;
