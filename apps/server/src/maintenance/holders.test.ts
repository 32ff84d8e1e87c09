import { createRandom, documentKey, type ReplicaId, toHex } from '@hearsay/core';
import { expect, test } from 'vitest';
import { holdersOf } from './holders.ts';

const random = createRandom('holders');
const members = Array.from({ length: 12 }, () => toHex(random.bytes(16)) as ReplicaId);
const keys = Array.from({ length: 600 }, (_, at) =>
  documentKey({ collection: 'default', name: `document ${at}` }),
);

test('A58: every node names the same holders, in whatever order it knows the members, and the load is shared', () => {
  const load = new Map<ReplicaId, number>();
  for (const key of keys) {
    const holders = holdersOf(key, members, 3);
    expect(new Set(holders).size).toBe(3);
    expect(holdersOf(key, [...members, ...members].reverse(), 3)).toEqual(holders);
    for (const holder of holders) load.set(holder, (load.get(holder) ?? 0) + 1);
  }
  // 150 each on average, with a standard deviation of 11.
  expect(Math.min(...members.map((member) => load.get(member) ?? 0))).toBeGreaterThan(100);
  expect(
    holdersOf(keys[0] ?? documentKey({ collection: 'a', name: 'a' }), members.slice(0, 2), 3),
  ).toHaveLength(2);
});

test('A58: when a member goes, only what it held moves', () => {
  const [gone, ...others] = members;
  for (const key of keys) {
    const before = holdersOf(key, members, 3);
    const after = holdersOf(key, others, 3);
    const stayed = before.filter((holder) => holder !== gone);
    expect(after.slice(0, stayed.length)).toEqual(stayed);
  }
});
