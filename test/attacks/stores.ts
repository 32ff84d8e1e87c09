import { createRandom } from '@hearsay/core';
import {
  type Database,
  type DocumentStore,
  memorySentinel,
  openStore,
  type StoreOptions,
} from '@hearsay/storage';

/** Options of a store on this database; the same object opens the same store again. */
export function optionsOf(database: Database): StoreOptions {
  return {
    openDatabase: () => database,
    sentinel: memorySentinel(),
    cluster: 'attacks',
    clock: { now: () => 1_700_000_000_000 },
    timers: {
      set(delayMs, fire) {
        if (delayMs >= 5000) return () => {};
        const timer = setTimeout(fire, Math.min(delayMs, 1));
        return () => clearTimeout(timer);
      },
    },
    random: createRandom('attacks'),
    hasRoom: async () => true,
  };
}

export async function opened(options: StoreOptions): Promise<DocumentStore> {
  const store = await openStore(options);
  if (!store.ok) throw new Error(`${store.error.code}: ${store.error.message}`);
  return store.value;
}

export const local = { kind: 'local' } as const;

export function named(name: string): { collection: string; name: string } {
  return { collection: 'default', name };
}
