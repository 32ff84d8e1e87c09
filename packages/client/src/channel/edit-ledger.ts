/** Names one edit among all tabs and starts of this device. In order they follow causes: no edit depends on a later one. */
export type EditKey = string;

/**
 * Edits that no server has stored, oldest first, of all tabs. An edit is durable here before it is sent, and gone from
 * this list once a server has synced it to disk.
 */
export class EditLedger {
  readonly #unsaved = new Map<EditKey, { stored: boolean }>();
  /** Those of other tabs that were said to be saved before they were heard of. */
  readonly #settledEarly = new Set<EditKey>();

  get size(): number {
    return this.#unsaved.size;
  }

  /** False for one that is known, or saved already. */
  add(key: EditKey, stored: boolean): boolean {
    if (this.#settledEarly.delete(key) || this.#unsaved.has(key)) return false;
    this.#unsaved.set(key, { stored });
    return true;
  }

  /** They are durable on this device. */
  markStored(keys: readonly EditKey[]): void {
    for (const key of keys) {
      const edit = this.#unsaved.get(key);
      if (edit !== undefined) edit.stored = true;
    }
  }

  /** Takes those out that a server has synced; gives those that were still here. */
  settle(keys: readonly EditKey[]): EditKey[] {
    return keys.filter((key) => {
      const wasUnsaved = this.#unsaved.delete(key);
      if (!wasUnsaved) this.#settledEarly.add(key);
      return wasUnsaved;
    });
  }

  has(key: EditKey): boolean {
    return this.#unsaved.has(key);
  }

  /** Also of edits that need not wait any more. */
  isStored(key: EditKey): boolean {
    return this.#unsaved.get(key)?.stored ?? true;
  }

  keys(): EditKey[] {
    return [...this.#unsaved.keys()];
  }
}
