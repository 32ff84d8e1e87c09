import { createRandom, type DocumentId, type ReplicaId, type Timers } from '@hearsay/core';
import { MemoryLevel } from 'memory-level';
import type { Database } from '../database.ts';
import { memorySentinel } from '../sentinel.ts';
import { openStore } from '../store.ts';
import type { DocumentStore, StoreOptions } from '../store-types.ts';

/** A database in memory that keeps its contents over closing and opening. */
export function memoryDatabase(): Database {
  return new MemoryLevel<Uint8Array, Uint8Array>({
    keyEncoding: 'view',
    valueEncoding: 'view',
    storeEncoding: 'view',
  });
}

/** Options of a store in memory; the same object opens the same store again. */
export function memoryOptions(overrides: Partial<StoreOptions> = {}): StoreOptions {
  const database = memoryDatabase();
  return {
    openDatabase: () => database,
    sentinel: memorySentinel(),
    cluster: 'test',
    clock: { now: () => 1_700_000_000_000 },
    timers: promptTimers,
    random: createRandom('store'),
    ...overrides,
  };
}

/** Fires at the next turn, but for what watches over a time of its own: a disk that hangs, a sentinel that is to be renewed. */
export const promptTimers: Timers = {
  set(delayMs, fire) {
    if (delayMs >= 5000) return () => {};
    const immediate = setImmediate(fire);
    return () => clearImmediate(immediate);
  },
};

/** Opens a store that is expected to open. */
export async function opened(options: StoreOptions): Promise<DocumentStore> {
  const store = await openStore(options);
  if (!store.ok) throw new Error(`${store.error.code}: ${store.error.message}`);
  return store.value;
}

export function idOf(name: string, collection = 'default'): DocumentId {
  return { collection, name };
}

export function peerId(number: number): ReplicaId {
  return number.toString(16).padStart(32, '0') as ReplicaId;
}

export const local = { kind: 'local' } as const;
