import { randomBytes } from 'node:crypto';
import { createRandom, type Timers } from '@hearsay/core';
import {
  type AgeClock,
  type Database,
  type DocumentStore,
  memorySentinel,
  openStore,
  type StoreOptions,
} from '@hearsay/storage';
import { MemoryLevel } from 'memory-level';
import { systemClock, systemTimers } from '../runtime/clock.ts';

/** A store in memory; the time is the system's, or one that moves when it is told. */
export async function memoryStore(
  { clock, timers }: { readonly clock: AgeClock; readonly timers: Timers } = systemTime,
  more: Partial<StoreOptions> = {},
): Promise<DocumentStore> {
  const database = memoryDatabase();
  const opened = await openStore({
    openDatabase: () => database,
    sentinel: memorySentinel(),
    cluster: 'test',
    clock,
    timers,
    random: createRandom(randomBytes(16).toString('hex')),
    ...more,
  });
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

export function memoryDatabase(): Database {
  return new MemoryLevel<Uint8Array, Uint8Array>({
    keyEncoding: 'view',
    valueEncoding: 'view',
    storeEncoding: 'view',
  });
}

export const systemTime: { readonly clock: AgeClock; readonly timers: Timers } = {
  clock: systemClock,
  timers: systemTimers,
};
