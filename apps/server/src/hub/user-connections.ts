/** Counts the sockets that each user is logged in on. */
export class UserConnections {
  readonly #maxPerUser: number;
  readonly #sockets = new Map<string, Set<object>>();

  constructor(maxPerUser: number) {
    this.#maxPerUser = maxPerUser;
  }

  /** False where the user has as many others already. A socket counts once, however often it logs in. */
  enter(user: string, socket: object): boolean {
    const sockets = this.#sockets.get(user) ?? new Set();
    if (!sockets.has(socket) && sockets.size >= this.#maxPerUser) return false;
    this.#sockets.set(user, sockets.add(socket));
    return true;
  }

  leave(user: string, socket: object): void {
    const sockets = this.#sockets.get(user);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#sockets.delete(user);
  }
}
