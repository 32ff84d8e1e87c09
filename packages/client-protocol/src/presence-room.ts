import { limits } from '@hearsay/core';
import type { AwarenessEntry } from './awareness.ts';

/** Who may speak for a presence: a connection here, or another node. */
export type PresenceOwner = string;

/** What comes of a connection's announcement. */
export interface Announcement {
  /** For everybody. */
  readonly changed: readonly AwarenessEntry[];
  /** For the announcer alone: it speaks of somebody who has been gone since. Its own client answers with a higher clock. */
  readonly corrections: readonly AwarenessEntry[];
}

interface Held extends AwarenessEntry {
  readonly owner: PresenceOwner;
}

/**
 * The presence of one document: one state for each connection, owned by the connection that announced it first. Stock
 * clients echo what they hear of others, also of other tabs; an echo changes nothing here, so nobody can take over or wipe
 * another's.
 */
export class PresenceRoom {
  readonly #held = new Map<number, Held>();
  readonly #idByOwner = new Map<PresenceOwner, number>();
  /** Last clocks of who has gone, oldest first: news of them at that clock or below is old. */
  readonly #gone = new Map<number, number>();

  get size(): number {
    return this.#held.size;
  }

  /** Entries of everybody, for somebody who has just come. */
  all(): AwarenessEntry[] {
    return [...this.#held.values()].map(({ clientId, clock, state }) => ({ clientId, clock, state }));
  }

  /** Takes what a connection says of itself. */
  announce(owner: PresenceOwner, entries: readonly AwarenessEntry[]): Announcement {
    const changed: AwarenessEntry[] = [];
    const corrections: AwarenessEntry[] = [];
    for (const entry of entries) {
      const held = this.#held.get(entry.clientId);
      const goneAt = this.#gone.get(entry.clientId);
      if (held !== undefined) {
        if (held.owner === owner && isNewer(entry, held)) changed.push(this.#put(owner, entry));
      } else if (entry.state === null) {
      } else if (goneAt !== undefined && entry.clock <= goneAt) {
        corrections.push({ clientId: entry.clientId, clock: goneAt, state: null });
      } else if (entries.length === 1 && !this.#speaksForItself(owner) && this.#held.size < maxHeld) {
        // Alone and new: this is who the connection is. An echo names several clients, or somebody known.
        this.#idByOwner.set(owner, entry.clientId);
        changed.push(this.#put(owner, entry));
      }
    }
    return { changed, corrections };
  }

  /** Takes what another node says of its own connections; a client that moved to another node is followed there. */
  learn(owner: PresenceOwner, entries: readonly AwarenessEntry[]): AwarenessEntry[] {
    const changed: AwarenessEntry[] = [];
    for (const entry of entries) {
      const held = this.#held.get(entry.clientId);
      if (held === undefined) {
        if (entry.clock <= (this.#gone.get(entry.clientId) ?? -1)) continue;
        if (entry.state === null) this.#remember(entry);
        else if (this.#held.size < maxHeld) changed.push(this.#put(owner, entry));
      } else if (isNewer(entry, held) && (entry.state !== null || held.owner === owner)) {
        changed.push(this.#put(owner, entry));
      }
    }
    return changed;
  }

  /** A connection or a node is gone, and its presence with it. */
  leave(owner: PresenceOwner): AwarenessEntry[] {
    const gone: AwarenessEntry[] = [];
    for (const { clientId, clock, owner: holder } of [...this.#held.values()]) {
      // With the clock it had: the client itself goes on counting from there when it comes back.
      if (holder === owner) gone.push(this.#put(owner, { clientId, clock, state: null }));
    }
    this.#idByOwner.delete(owner);
    return gone;
  }

  #put(owner: PresenceOwner, entry: AwarenessEntry): AwarenessEntry {
    if (entry.state === null) {
      this.#held.delete(entry.clientId);
      this.#remember(entry);
    } else {
      this.#held.set(entry.clientId, { ...entry, owner });
      this.#gone.delete(entry.clientId);
    }
    return entry;
  }

  #speaksForItself(owner: PresenceOwner): boolean {
    const own = this.#idByOwner.get(owner);
    return own !== undefined && this.#held.get(own)?.owner === owner;
  }

  #remember({ clientId, clock }: AwarenessEntry): void {
    this.#gone.delete(clientId);
    this.#gone.set(clientId, clock);
    const [oldest] = this.#gone.keys();
    if (this.#gone.size > maxHeld && oldest !== undefined) this.#gone.delete(oldest);
  }
}

/** The rule of y-protocols: a higher clock, or gone at the same. */
function isNewer(entry: AwarenessEntry, held: AwarenessEntry): boolean {
  return entry.clock > held.clock || (entry.clock === held.clock && entry.state === null);
}

/** Presences of one document at most: every client is sent every one of them. */
const maxHeld: number = limits.awarenessEntries;
