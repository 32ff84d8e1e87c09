import { crc32 } from 'node:zlib';
import { concat, createRandom, fromHex, toHex } from '@hearsay/core';
import { memorySentinel, openStore, type StoreOptions } from '@hearsay/storage';
import { MemoryLevel } from 'memory-level';
import { updates } from './corpus/updates.ts';
import type { FuzzTarget } from './fuzz.ts';

const keyLengthBytes = 2;

/** Every record of a small store, under its own key or another: it opens or says why not, and answers every read. */
export async function storageTarget(): Promise<FuzzTarget> {
  const records = await recordsOfSmallStore();
  return {
    name: 'records of the store',
    corpus: [...records].map(([key, value]) => withKey(fromHex(key), value)),
    seal: (input) => {
      const [key, value] = apart(input);
      if (value.byteLength < 5) return input;
      const body = value.subarray(0, -4);
      const sum = new Uint8Array(4);
      new DataView(sum.buffer).setUint32(0, crc32(body, crc32(key)));
      return withKey(key, concat(body, sum));
    },
    feed: async (input) => {
      const [key, value] = apart(input);
      const options = await smallStore(new Map([...records, [toHex(key), value]]));
      const store = await openStore(options);
      if (!store.ok) return false;
      const { value: open } = store;
      for (const collection of await open.collections()) {
        for (const { name } of await open.list(collection, '', 100)) await open.read({ collection, name });
      }
      await open.scrub(100);
      const { state, counters, damagedDocuments } = open.status();
      await open.close();
      // Refused: not opened, or the record was found to be damaged.
      return state === 'ready' && damagedDocuments === 0 && counters.recordsDamaged === 0;
    },
  };
}

async function recordsOfSmallStore(): Promise<Map<string, Uint8Array>> {
  const database = memory();
  const store = await openStore({ ...(await smallStore(new Map())), openDatabase: () => database });
  if (!store.ok) throw new Error(store.error.message);
  const origin = { kind: 'local' } as const;
  for (const [index, update] of updates.slice(0, 4).entries()) {
    await store.value.submit({ collection: 'default', name: `d${index}` }, fromHex(update), origin);
  }
  await store.value.deleteDocument({ collection: 'default', name: 'd3' }, 1, store.value.identity.replicaId);
  await store.value.compact({ collection: 'default', name: 'd0' });
  await store.value.close();
  await database.open();
  const records = new Map<string, Uint8Array>();
  for await (const [key, value] of database.iterator()) records.set(toHex(key), value);
  await database.close();
  return records;
}

async function smallStore(records: ReadonlyMap<string, Uint8Array>): Promise<StoreOptions> {
  const database = memory();
  if (records.size > 0) {
    await database.open();
    for (const [key, value] of records) await database.put(fromHex(key), value);
    await database.close();
  }
  return {
    openDatabase: () => database,
    sentinel: memorySentinel(),
    cluster: 'fuzz',
    clock: { now: () => 1_700_000_000_000 },
    timers: {
      set(delayMs, fire) {
        if (delayMs >= 5000) return () => {};
        const timer = setTimeout(fire, Math.min(delayMs, 1));
        return () => clearTimeout(timer);
      },
    },
    random: createRandom('store'),
  };
}

function memory(): MemoryLevel<Uint8Array, Uint8Array> {
  return new MemoryLevel({ keyEncoding: 'view', valueEncoding: 'view', storeEncoding: 'view' });
}

function withKey(key: Uint8Array, value: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(key.byteLength >> 8, key.byteLength & 255), key, value);
}

function apart(input: Uint8Array): [Uint8Array, Uint8Array] {
  const length = ((input[0] ?? 0) << 8) | (input[1] ?? 0);
  const end = Math.min(input.byteLength, keyLengthBytes + Math.max(1, length));
  const key = input.slice(keyLengthBytes, end);
  return [key.byteLength === 0 ? Uint8Array.of(0) : key, input.slice(end)];
}
