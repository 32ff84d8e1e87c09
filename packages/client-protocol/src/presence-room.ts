import { limits } from '@hearsay/core';
import type { AwarenessEntry } from './awareness.ts';

/** Who may speak for a presence: a connection here, or another node. */
export type PresenceOwner = string;

interface Held extends AwarenessEntry {
  readonly owner: PresenceOwner;
}

/**
 * The presence of one document: one state for each connection, owned by the connection that announced it first. Stock
 * clients echo what they hear of others; an echo changes nothing here, so nobody can take over or wipe another's.
 */
export class PresenceRoom {
  readonly #held = new Map<number, Held>();
  readonly #idByOwner = new Map<PresenceOwner, number>();

  get size(): number {
    return this.#held.size;
  }

  /** Entries of everybody, for somebody who has just come. */
  all(): AwarenessEntry[] {
    return [...this.#held.values()].map(({ clientId, clock, state }) => ({ clientId, clock, state }));
  }

  /** Takes what a connection says of itself; gives what changed. */
  announce(owner: PresenceOwner, entries: readonly AwarenessEntry[]): AwarenessEntry[] {
    const own = this.#idByOwner.get(owner);
    const changed: AwarenessEntry[] = [];
    for (const entry of entries) {
      if (entry.clientId === own) changed.push(...this.#renew(owner, entry));
      else if (this.#held.has(entry.clientId) || entry.state === null) continue;
      // An echo names several clients or somebody known; a client that (re)names itself names one nobody has.
      else if (entries.length === 1) changed.push(...this.#bind(owner, entry));
    }
    return changed;
  }

  /** Takes what another node says of its own connections; a client that moved to another node is followed there. */
  learn(owner: PresenceOwner, entries: readonly AwarenessEntry[]): AwarenessEntry[] {
    const changed: AwarenessEntry[] = [];
    for (const entry of entries) {
      const held = this.#held.get(entry.clientId);
      const newer =
        held === undefined ||
        entry.clock > held.clock ||
        (entry.clock === held.clock && entry.state === null);
      if (!newer || (held === undefined && entry.state === null)) continue;
      if (held !== undefined && held.owner !== owner && entry.state === null) continue;
      if (entry.state === null) this.#drop(entry.clientId);
      else if (held !== undefined || this.#held.size < maxHeld)
        this.#held.set(entry.clientId, { ...entry, owner });
      else continue;
      changed.push(entry);
    }
    return changed;
  }

  /** A connection or a node is gone, and its presence with it. */
  leave(owner: PresenceOwner): AwarenessEntry[] {
    const gone: AwarenessEntry[] = [];
    for (const held of this.#held.values()) {
      if (held.owner !== owner) continue;
      this.#drop(held.clientId);
      gone.push({ clientId: held.clientId, clock: held.clock + 1, state: null });
    }
    this.#idByOwner.delete(owner);
    return gone;
  }

  #bind(owner: PresenceOwner, entry: AwarenessEntry): AwarenessEntry[] {
    if (this.#held.size >= maxHeld) return [];
    const before = this.leave(owner);
    this.#idByOwner.set(owner, entry.clientId);
    this.#held.set(entry.clientId, { ...entry, owner });
    return [...before, entry];
  }

  #renew(owner: PresenceOwner, entry: AwarenessEntry): AwarenessEntry[] {
    const held = this.#held.get(entry.clientId);
    if (held !== undefined && held.owner !== owner) return [];
    if (held !== undefined && entry.clock < held.clock) return [];
    if (held !== undefined && entry.clock === held.clock && entry.state !== null) return [];
    if (held === undefined && entry.state === null) return [];
    if (entry.state === null) this.#held.delete(entry.clientId);
    else this.#held.set(entry.clientId, { ...entry, owner });
    return [entry];
  }

  #drop(clientId: number): void {
    const held = this.#held.get(clientId);
    this.#held.delete(clientId);
    if (held !== undefined && this.#idByOwner.get(held.owner) === clientId)
      this.#idByOwner.delete(held.owner);
  }
}

/** Presences of one document at most: every client is sent every one of them. */
const maxHeld: number = limits.awarenessEntries;
