import type { ReplicaId } from '@hearsay/core';
import type { Rumour, RumourId, RumourRole } from './messages.ts';

/** A payload handed to the store; `role` tells whether and how its sender waits for the outcome. */
export interface PendingStore extends Rumour {
  readonly role: RumourRole | null;
}

interface Request extends Rumour {
  from: ReplicaId;
  dueAt: number;
  /** Peers that announced it as well, asked next. */
  readonly others: ReplicaId[];
}

const maxOthers = 4;

/** Rumours on their way in: asked for, or being stored. */
export class Arrivals {
  readonly #pending = new Map<RumourId, PendingStore>();
  readonly #requests = new Map<RumourId, Request>();
  readonly #maxRequests: number;

  constructor(maxRequests: number) {
    this.#maxRequests = maxRequests;
  }

  get requests(): number {
    return this.#requests.size;
  }

  isPending(id: RumourId): boolean {
    return this.#pending.has(id);
  }

  isRequested(id: RumourId): boolean {
    return this.#requests.has(id);
  }

  store(rumour: Rumour, role: RumourRole | null): void {
    this.#requests.delete(rumour.id);
    this.#pending.set(rumour.id, { id: rumour.id, sizeBytes: rumour.sizeBytes, role });
  }

  stored(id: RumourId): PendingStore | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  /** False when it cannot be asked for now: too many are. */
  request(rumour: Rumour, from: ReplicaId, dueAt: number): boolean {
    if (this.#requests.size >= this.#maxRequests) return false;
    this.#requests.set(rumour.id, { id: rumour.id, sizeBytes: rumour.sizeBytes, from, dueAt, others: [] });
    return true;
  }

  /** One request is in flight per id; who else announced it is asked if that fails. */
  alsoAnnounced(id: RumourId, from: ReplicaId): void {
    const request = this.#requests.get(id);
    if (request === undefined || request.from === from || request.others.includes(from)) return;
    if (request.others.length < maxOthers) request.others.push(from);
  }

  /** The rumour asked of anybody under this id; not asked for any more. */
  arrived(id: RumourId): Rumour | undefined {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    return request;
  }

  /** Takes up requests that are overdue or were put to `gone`: whom to ask now; given up when nobody is left. */
  redirect(now: number, dueAt: number, gone: ReplicaId | null): Map<ReplicaId, RumourId[]> {
    const retries = new Map<ReplicaId, RumourId[]>();
    for (const request of this.#requests.values()) {
      if (gone !== null) {
        const index = request.others.indexOf(gone);
        if (index >= 0) request.others.splice(index, 1);
      }
      if (gone === null ? request.dueAt > now : request.from !== gone) continue;
      const next = request.others.shift();
      if (next === undefined) {
        this.#requests.delete(request.id);
        continue;
      }
      request.from = next;
      request.dueAt = dueAt;
      const ids = retries.get(next);
      if (ids === undefined) retries.set(next, [request.id]);
      else ids.push(request.id);
    }
    return retries;
  }

  /** When the next request falls due; undefined when none is out. */
  nextDue(): number | undefined {
    let due: number | undefined;
    for (const request of this.#requests.values()) due = Math.min(due ?? request.dueAt, request.dueAt);
    return due;
  }
}
