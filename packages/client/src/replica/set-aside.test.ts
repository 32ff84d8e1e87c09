import { describe, expect, test } from 'vitest';
import { CopiesAside, type CopyAside } from './set-aside.ts';

function records() {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    readState: async (name: string) => kept.get(name),
    writeState: async (name: string, value: Uint8Array) => void kept.set(name, value),
  };
}

const copy: CopyAside = {
  id: { collection: 'c', name: 'n\u00e9' },
  life: 3,
  at: 1_700_000_000_000,
  update: Uint8Array.of(1, 251, 3),
};

describe('copies kept aside', () => {
  test('O51: are there after a restart as they were, until they are discarded', async () => {
    const store = records();
    const copies = await CopiesAside.load(store);
    await copies.keep(copy);
    await copies.keep({ ...copy, life: 4, update: Uint8Array.of(9) });
    const again = await CopiesAside.load(store);
    expect(await again.all()).toEqual([copy, { ...copy, life: 4, update: Uint8Array.of(9) }]);
    await again.discard(copy);
    expect((await (await CopiesAside.load(store)).all()).map(({ life }) => life)).toEqual([4]);
    expect([...store.kept.values()].some((bytes) => bytes.includes(251))).toBe(false);
  });

  test('O51: a later copy of the same life replaces the one before', async () => {
    const copies = await CopiesAside.load(records());
    await copies.keep(copy);
    await copies.keep({ ...copy, update: Uint8Array.of(7) });
    expect((await copies.all()).map(({ update }) => [...update])).toEqual([[7]]);
  });

  test('O51: a copy that cannot be written is told', async () => {
    const copies = await CopiesAside.load({ ...records(), writeState: async () => {} });
    await expect(copies.keep(copy)).rejects.toThrow('could not be kept');
  });

  test('O51: damaged records are passed over', async () => {
    const store = records();
    await (await CopiesAside.load(store)).keep(copy);
    for (const [name, bytes] of store.kept) if (name !== 'aside') store.kept.set(name, bytes.subarray(0, 2));
    expect(await (await CopiesAside.load(store)).all()).toEqual([]);
    store.kept.set('aside', Uint8Array.of(255));
    expect(await (await CopiesAside.load(store)).all()).toEqual([]);
  });
});
