import { type AwarenessEntry, PresenceRoom } from '@hearsay/client-protocol';
import { type DocumentId, type DocumentKey, documentKey } from '@hearsay/core';
import { webSocketFrame } from '../websocket/frame.ts';

/** What tells one client of others' presence. */
export interface PresenceListener {
  readonly key: DocumentKey;
  /** Equal for clients whose frames are equal. */
  readonly group: string;
  encode(entries: readonly AwarenessEntry[]): Uint8Array;
  /** Takes a frame that is shared with others. */
  show(frame: Buffer): void;
}

/** What carries presence to other nodes. */
export interface PresenceCarrier {
  announce(id: DocumentId, entries: readonly AwarenessEntry[]): void;
}

export interface PresenceHubDeps {
  readonly carrier: PresenceCarrier;
  /** Calls back once after so many milliseconds. */
  readonly later: (delayMs: number, fire: () => void) => void;
}

/** Presence of all documents that anybody here is on: never stored, merged for a moment, then shown and gossiped. */
export class PresenceHub {
  readonly #deps: PresenceHubDeps;
  readonly #rooms = new Map<DocumentKey, Room>();
  readonly #dirty = new Set<Room>();

  constructor(deps: PresenceHubDeps) {
    this.#deps = deps;
  }

  /** Documents with presence or somebody to show it to. */
  get documents(): number {
    return this.#rooms.size;
  }

  join(id: DocumentId, listener: PresenceListener): void {
    this.#room(id, listener.key).listeners.add(listener);
  }

  /** A client has left a document: its presence goes with it. */
  part(id: DocumentId, listener: PresenceListener, owner: string): void {
    const room = this.#rooms.get(listener.key);
    if (room === undefined) return;
    room.listeners.delete(listener);
    this.#changed(room, room.presence.leave(owner), id);
    this.#forgetEmpty(room);
  }

  /** Everybody's presence on a document. */
  all(key: DocumentKey): readonly AwarenessEntry[] {
    return this.#rooms.get(key)?.presence.all() ?? [];
  }

  /** A client here speaks of itself; gives what it alone should know. */
  announce(id: DocumentId, owner: string, entries: readonly AwarenessEntry[]): readonly AwarenessEntry[] {
    const room = this.#room(id, documentKey(id));
    const { changed, corrections } = room.presence.announce(owner, entries);
    this.#changed(room, changed, id);
    return corrections;
  }

  /** Another node speaks of its clients; of all of them, that they are gone, when it is gone itself. */
  learn(id: DocumentId, node: string, entries: readonly AwarenessEntry[]): void {
    const room = this.#room(id, documentKey(id));
    this.#changed(room, room.presence.learn(nodeOwner(node), entries), null);
    this.#forgetEmpty(room);
  }

  /** `carry`: the document, when the other nodes have to hear of it too. */
  #changed(room: Room, entries: readonly AwarenessEntry[], carry: DocumentId | null): void {
    if (entries.length === 0) return;
    for (const entry of entries) {
      room.toShow.set(entry.clientId, entry);
      if (carry !== null) room.toCarry.set(entry.clientId, entry);
    }
    if (this.#dirty.size === 0) this.#deps.later(mergeMs, () => this.#flush());
    this.#dirty.add(room);
  }

  #flush(): void {
    const rooms = [...this.#dirty];
    this.#dirty.clear();
    for (const room of rooms) {
      const toShow = [...room.toShow.values()];
      const toCarry = [...room.toCarry.values()];
      room.toShow.clear();
      room.toCarry.clear();
      showAll(room.listeners, toShow);
      if (toCarry.length > 0) this.#deps.carrier.announce(room.id, toCarry);
      this.#forgetEmpty(room);
    }
  }

  #room(id: DocumentId, key: DocumentKey): Room {
    let room = this.#rooms.get(key);
    if (room === undefined) {
      room = {
        id,
        key,
        presence: new PresenceRoom(),
        listeners: new Set(),
        toShow: new Map(),
        toCarry: new Map(),
      };
      this.#rooms.set(key, room);
    }
    return room;
  }

  #forgetEmpty(room: Room): void {
    if (room.listeners.size === 0 && room.presence.size === 0 && !this.#dirty.has(room))
      this.#rooms.delete(room.key);
  }
}

/** One frame for each kind of client, however many there are. */
function showAll(listeners: ReadonlySet<PresenceListener>, entries: readonly AwarenessEntry[]): void {
  const frames = new Map<string, Buffer>();
  for (const listener of listeners) {
    let frame = frames.get(listener.group);
    if (frame === undefined) {
      frame = webSocketFrame(listener.encode(entries));
      frames.set(listener.group, frame);
    }
    listener.show(frame);
  }
}

interface Room {
  readonly id: DocumentId;
  readonly key: DocumentKey;
  readonly presence: PresenceRoom;
  readonly listeners: Set<PresenceListener>;
  readonly toShow: Map<number, AwarenessEntry>;
  readonly toCarry: Map<number, AwarenessEntry>;
}

/** Connections and nodes are named apart. */
function nodeOwner(node: string): string {
  return `node ${node}`;
}

/** Cursors move far more often than eyes can follow: what happens within this time is told once. */
const mergeMs = 40;
