import type { DocumentKey } from '@hearsay/core';
import { describe, expect, test } from 'vitest';
import { createParking, type ParkingStore } from './parking.ts';

const one = '1'.repeat(32) as DocumentKey;
const two = '2'.repeat(32) as DocumentKey;

function memoryStore(): ParkingStore & { readonly states: Map<string, Uint8Array> } {
  const states = new Map<string, Uint8Array>();
  return {
    states,
    readState: async (name) => states.get(name),
    writeState: async (name, value) => void states.set(name, value),
  };
}

describe('parking', () => {
  test('A63: what took workers down is remembered over restarts, also when it happened before the store was open', async () => {
    const store = memoryStore();
    const first = createParking();
    first.died(one);
    await first.keepIn(store);
    first.died(two);
    first.died(two);
    expect(first.parked()).toEqual([two]);
    await first.saved();
    const second = createParking();
    await second.keepIn(store);
    expect(second.parked()).toEqual([two]);
    second.died(one);
    await second.saved();
    const third = createParking();
    await third.keepIn(store);
    expect(new Set(third.parked())).toEqual(new Set([one, two]));
  });

  test('A63: a released document, and one whose job came to its end, begin anew, also after a restart', async () => {
    const store = memoryStore();
    const first = createParking();
    await first.keepIn(store);
    for (let i = 0; i < 2; i++) first.died(one);
    first.died(two);
    first.survived(two);
    expect(first.release(one)).toBe(true);
    expect(first.release(one)).toBe(false);
    await first.saved();
    const second = createParking();
    await second.keepIn(store);
    for (const key of [one, two]) second.died(key);
    expect(second.parked()).toEqual([]);
  });

  test('A63: a ledger that cannot be read or written costs no more than its memory', async () => {
    for (const text of ['', '{}', '[[1,2]]', '[["short",2]]', `[["${one}",1.5]]`]) {
      const store = memoryStore();
      store.states.set('parked-documents', new TextEncoder().encode(text));
      const parking = createParking();
      await parking.keepIn(store);
      expect(parking.parked()).toEqual([]);
    }
    const full = createParking();
    await full.keepIn({ ...memoryStore(), writeState: () => Promise.reject(new Error('no space')) });
    for (let i = 0; i < 2; i++) full.died(one);
    await full.saved();
    expect(full.isParked(one)).toBe(true);
  });

  test('A63: the ledger is bounded', async () => {
    const parking = createParking();
    for (let i = 0; i < 5000; i++) {
      const key = i.toString(16).padStart(32, '0') as DocumentKey;
      for (let death = 0; death < 2; death++) parking.died(key);
    }
    expect(parking.parked().length).toBe(4096);
  });
});
