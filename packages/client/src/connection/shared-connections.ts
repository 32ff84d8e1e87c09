import { Connection, type ConnectionDeps } from './connection.ts';

/** Connections of a program, at most one to each server, for as long as somebody uses them. */
export class SharedConnections {
  readonly #deps: ConnectionDeps;
  readonly #connections = new Map<string, { readonly connection: Connection; users: number }>();

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
  }

  take(url: string): Connection {
    const shared = this.#connections.get(url) ?? { connection: new Connection(this.#deps, url), users: 0 };
    this.#connections.set(url, shared);
    shared.users++;
    return shared.connection;
  }

  /** Once for every `take`. */
  release(url: string): void {
    const shared = this.#connections.get(url);
    if (shared === undefined || --shared.users > 0) return;
    this.#connections.delete(url);
    shared.connection.close();
  }
}
