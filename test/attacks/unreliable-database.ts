import type { Database } from '@hearsay/storage';
import { MemoryLevel } from 'memory-level';

type Records = readonly (readonly [Uint8Array, Uint8Array])[];

/**
 * LevelDB as it was measured. After `tearNextAppend` one write fails, and whatever the same handle acknowledges later is
 * gone when it is closed. After `losePower` only what was synced is there.
 */
export class UnreliableDatabase {
  readonly level: Database;
  /** Writes that were acknowledged after the torn one, or without a sync. */
  doomed = 0;
  syncs = 0;
  readonly #memory = new MemoryLevel<Uint8Array, Uint8Array>({
    keyEncoding: 'view',
    valueEncoding: 'view',
    storeEncoding: 'view',
  });
  #armed = false;
  #kept: Records | undefined;
  #synced: Records = [];

  constructor() {
    this.level = new Proxy<Database>(this.#memory, {
      get: (target, property) => {
        if (property === 'close') return () => this.#close();
        if (property === 'batch') return () => this.#chain();
        const member: unknown = Reflect.get(target, property, target);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  }

  tearNextAppend(): void {
    this.#armed = true;
  }

  async losePower(): Promise<void> {
    await this.#putBack(this.#synced);
    await this.#memory.close();
  }

  #chain(): object {
    const chain = this.#memory.batch();
    return new Proxy(chain, {
      get: (target, property) => {
        if (property === 'write') {
          return async (options: { readonly sync?: boolean } = {}) => {
            if (this.#armed) {
              this.#armed = false;
              this.#kept = await this.#all();
              throw Object.assign(new Error('IO error: No space left on device'), { code: 'LEVEL_IO_ERROR' });
            }
            await target.write();
            if (options.sync === true) {
              this.syncs++;
              this.#synced = await this.#all();
            }
            if (this.#kept !== undefined || options.sync !== true) this.doomed++;
          };
        }
        const member: unknown = Reflect.get(target, property, target);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  }

  async #close(): Promise<void> {
    if (this.#kept !== undefined) await this.#putBack(this.#kept);
    this.#kept = undefined;
    await this.#memory.close();
  }

  async #putBack(records: Records): Promise<void> {
    await this.#memory.clear();
    for (const [key, value] of records) await this.#memory.put(key, value);
  }

  async #all(): Promise<Records> {
    return this.#memory.iterator().all();
  }
}
