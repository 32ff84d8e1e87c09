import {
  type Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from 'y-protocols/awareness';

export interface PresenceRelayDeps {
  /** What this tab says of itself. */
  ownChanged(client: number, update: Uint8Array): void;
  /** What was learnt from the server. */
  serverChanged(update: Uint8Array): void;
}

interface AwarenessChange {
  readonly added: number[];
  readonly updated: number[];
  readonly removed: number[];
}

/** Who is there: between an Awareness, the server and the other tabs. */
export class PresenceRelay {
  readonly #awareness: Awareness;
  readonly #deps: PresenceRelayDeps;
  /** Clients of other tabs, which come and go with those and not with the server. */
  readonly #tabs = new Set<number>();

  constructor(awareness: Awareness, deps: PresenceRelayDeps) {
    this.#awareness = awareness;
    this.#deps = deps;
    awareness.on('update', this.#updated);
  }

  /** Says anew who this is, on a higher clock: what others remember of an earlier connection gives way. */
  announce(): void {
    const state = this.#awareness.getLocalState();
    if (state !== null) this.#awareness.setLocalState(state);
  }

  fromServer(update: Uint8Array): void {
    this.#apply(update, fromServer);
  }

  fromTab(client: number | null, update: Uint8Array): void {
    if (client !== null) this.#tabs.add(client);
    this.#apply(update, fromTab);
  }

  /** All that is known. */
  everybody(): Uint8Array {
    return encodeAwarenessUpdate(this.#awareness, [...this.#awareness.getStates().keys()]);
  }

  /** Those of whom only the server tells. */
  strangers(): number[] {
    const { clientID } = this.#awareness;
    const clients = [...this.#awareness.getStates().keys()];
    return clients.filter((client) => client !== clientID && !this.#tabs.has(client));
  }

  forget(clients: readonly number[]): void {
    const others = clients.filter((client) => client !== this.#awareness.clientID);
    removeAwarenessStates(this.#awareness, others, fromTab);
    for (const client of others) {
      this.#tabs.delete(client);
      // With the clock remembered, whoever comes back would not be seen before the next renewal.
      this.#awareness.meta.delete(client);
    }
  }

  close(): void {
    this.#awareness.off('update', this.#updated);
  }

  #apply(update: Uint8Array, origin: symbol): void {
    applyAwarenessUpdate(this.#awareness, update, origin);
    const { meta, states } = this.#awareness;
    if (meta.size <= maxKnown) return;
    // An Awareness remembers the clock of everybody who ever was there.
    for (const client of [...meta.keys()]) if (!states.has(client)) meta.delete(client);
    if (states.size > maxKnown) this.forget(this.strangers().slice(0, states.size - maxKnown));
  }

  readonly #updated = ({ added, updated, removed }: AwarenessChange, origin: unknown): void => {
    const { clientID } = this.#awareness;
    const changed = [...added, ...updated, ...removed];
    if (changed.includes(clientID)) {
      this.#deps.ownChanged(clientID, encodeAwarenessUpdate(this.#awareness, [clientID]));
    }
    const others = changed.filter((client) => client !== clientID);
    if (origin === fromServer && others.length > 0) {
      this.#deps.serverChanged(encodeAwarenessUpdate(this.#awareness, others));
    }
  };
}

/** Clients of one document that are shown; beyond, those seen first are forgotten. More than a page can draw. */
const maxKnown = 4096;

const fromServer = Symbol('presence from the server');
const fromTab = Symbol('presence from a tab');
