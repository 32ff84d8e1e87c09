import * as Y from 'yjs';

/** A document of one root map from names to numbers, kept in memory: for what nodes tell each other about themselves. */
export class MapDocument {
  readonly #doc = new Y.Doc();

  /** Takes an update that a store has taken before. */
  apply(update: Uint8Array): void {
    Y.applyUpdate(this.#doc, update);
  }

  /** Sets some names and deletes others; returns the update, null where nothing has changed. Applied here already. */
  change(set: ReadonlyMap<string, number>, gone: readonly string[]): Uint8Array | null {
    const map = this.#map();
    let update: Uint8Array | null = null;
    const listen = (made: Uint8Array): void => {
      update = made;
    };
    this.#doc.on('update', listen);
    this.#doc.transact(() => {
      for (const name of gone) map.delete(name);
      for (const [name, value] of set) if (map.get(name) !== value) map.set(name, value);
    });
    this.#doc.off('update', listen);
    return update;
  }

  get(name: string): number | undefined {
    const value = this.#map().get(name);
    return typeof value === 'number' ? value : undefined;
  }

  entries(): readonly (readonly [string, number])[] {
    return [...this.#map().entries()].flatMap(([name, value]) =>
      typeof value === 'number' ? [[name, value] as const] : [],
    );
  }

  #map(): Y.Map<unknown> {
    return this.#doc.getMap('entries');
  }
}
