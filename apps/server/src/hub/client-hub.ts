import type { IncomingMessage } from 'node:http';
import type { SocketRequest } from '@hearsay/client-protocol';
import { limits, SharedBudget, type Timers } from '@hearsay/core';
import type { WebSocket } from 'ws';
import type { PollConnection } from '../long-poll/poll-connection.ts';
import { Connection, type RawSocket } from '../websocket/connection.ts';
import { socketRequest, tokenHeaders } from '../websocket/socket-request.ts';
import { ClientSocket, type ClientSocketDeps } from './client-socket.ts';
import { UserConnections } from './user-connections.ts';
import { WriteShares } from './write-shares.ts';

export interface ClientHubDeps extends Omit<ClientSocketDeps, 'waiting' | 'output' | 'users' | 'writes'> {
  /** Sockets that one user may be logged in on. */
  readonly maxConnectionsPerUser: number;
  readonly timers: Timers;
  /** Milliseconds. */
  readonly wallClock: () => number;
  /** Whether a token may come in the address of a socket. */
  readonly tokenInUrl: boolean;
}

/** All client sockets of a node. */
export class ClientHub {
  readonly #deps: ClientHubDeps & ClientSocketDeps;
  readonly #unfinished = new SharedBudget(limits.clientsUnfinishedBytes);
  readonly #sockets = new Map<Connection | PollConnection, ClientSocket>();
  readonly #cancelTick: () => void;
  readonly #cancelWatch: () => void;
  readonly #cancelReview: () => void;
  #opened = 0;

  constructor(deps: ClientHubDeps) {
    this.#deps = {
      ...deps,
      waiting: new SharedBudget(limits.clientsWaitingBytes),
      output: new SharedBudget(limits.clientsBufferedBytes),
      users: new UserConnections(deps.maxConnectionsPerUser),
      writes: new WriteShares(),
    };
    this.#cancelTick = repeat(deps.timers, tickMs, () => {
      for (const socket of this.#sockets.values()) socket.tick();
    });
    this.#cancelWatch = repeat(deps.timers, watchMs, () => this.#watch());
    this.#cancelReview = repeat(deps.timers, reviewMs, () => {
      for (const socket of this.#sockets.values()) socket.review(deps.wallClock());
    });
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Connections since the start. */
  get opened(): number {
    return this.#opened;
  }

  accept(webSocket: WebSocket, socket: RawSocket, address: string, request: IncomingMessage): void {
    const now = this.#deps.now();
    this.#take(new Connection(webSocket, socket, address, now, this.#unfinished), request);
  }

  /** Takes a client over plain HTTP. Its documents are named in its frames. */
  acceptPolled(connection: PollConnection, request: IncomingMessage): void {
    const query = (request.url ?? '').split('?', 2)[1];
    this.#take(connection, { headers: request.headers, url: query === undefined ? '/' : `/?${query}` });
  }

  #take(connection: Connection | PollConnection, request: Pick<IncomingMessage, 'headers' | 'url'>): void {
    const { headers } = request;
    const wanted = socketRequest(request.url ?? '/', {
      ...tokenHeaders(headers),
      inUrl: this.#deps.tokenInUrl,
    });
    if (!wanted.ok) {
      connection.listen({ received: () => {}, drained: () => {}, closed: () => {} });
      connection.close(wanted.error.closeCode, wanted.error.message);
      return;
    }
    this.#add(connection, wanted.value);
  }

  /** Takes nothing more from anybody: what has been taken can then be finished. */
  pause(): void {
    for (const connection of this.#sockets.keys()) connection.pause();
  }

  /** Closes every socket; resolves when all are gone, at the latest when `webSocket` gives up waiting for answers. */
  async close(code: number, reason: string): Promise<void> {
    this.#cancelTick();
    this.#cancelWatch();
    this.#cancelReview();
    const gone = [...this.#sockets].map(([connection, socket]) => {
      const closed = connection.whenClosed();
      connection.resume();
      socket.close(code, reason);
      return closed;
    });
    await Promise.all(gone);
  }

  #add(connection: Connection | PollConnection, request: SocketRequest): void {
    this.#opened++;
    this.#sockets.set(connection, new ClientSocket(this.#deps, connection, request, `c${this.#opened}`));
    void connection.whenClosed().then(() => this.#sockets.delete(connection));
  }

  #watch(): void {
    const now = this.#deps.now();
    this.#deps.writes.look();
    for (const [connection, socket] of this.#sockets) {
      connection.checkLiveness(now);
      socket.checkLogin();
      socket.checkOutput();
    }
  }
}

/** What has ended or was revoked ends within 5 s, news of it included. */
const reviewMs = 1000;

/** What a deadline may be late. */
const watchMs = 1000;

/** A client hears something every 20 s or so, and nothing of a session is due sooner. */
const tickMs = 5000;

function repeat(timers: Timers, everyMs: number, run: () => void): () => void {
  let cancel = (): void => {};
  const next = (): void => {
    cancel = timers.set(everyMs, () => {
      run();
      next();
    });
  };
  next();
  return () => cancel();
}
