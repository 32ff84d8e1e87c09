import { createRandom } from '@hearsay/core';
import { type DocumentStore, memorySentinel, openStore, type StoreOptions } from '@hearsay/storage';
import { MemoryLevel } from 'memory-level';
import type { Time } from './time.ts';

/** A store in memory, by a clock that moves when it is told. */
export async function memoryStore(
  { clock, timers }: Pick<Time, 'clock' | 'timers'>,
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
