import { createRandom, type Timers } from '@hearsay/core';
import {
  type AgeClock,
  type DocumentStore,
  memorySentinel,
  openStore,
  type StoreOptions,
} from '@hearsay/storage';
import { MemoryLevel } from 'memory-level';

/** A store in memory, by a clock that moves when it is told. */
export async function memoryStore(
  { clock, timers }: { readonly clock: AgeClock; readonly timers: Timers },
  more: Partial<Pick<StoreOptions, 'keepsDeleted' | 'certificateMs'>> = {},
): Promise<DocumentStore> {
  const database = new MemoryLevel<Uint8Array, Uint8Array>({
    keyEncoding: 'view',
    valueEncoding: 'view',
    storeEncoding: 'view',
  });
  const opened = await openStore({
    openDatabase: () => database,
    sentinel: memorySentinel(),
    cluster: 'test',
    clock,
    timers,
    random: createRandom('memory store'),
    ...more,
  });
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}
