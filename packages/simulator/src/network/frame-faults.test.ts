import { crc32 } from 'node:zlib';
import { createRandom } from '@hearsay/core';
import { expect, test } from 'vitest';
import { FrameFaults } from './frame-faults.ts';

const frame = Uint8Array.of(0, 0, 0, 0, 40, 1, 2, 3);

test('E50: a lie waits for a frame that can be one, and is whole', () => {
  const faults = new FrameFaults(createRandom('lies'));
  faults.arm('a', 'b', 'lie', 1);
  expect(faults.next('a', 'b', frame)).toBe(undefined);
  const equal = Uint8Array.of(0, 0, 0, 0, 17, 1, 2, 3);
  expect(faults.next('a', 'b', equal)).toBe('lie');
  expect(faults.next('a', 'b', equal)).toBe(undefined);
  for (let count = 0; count < 50; count++) {
    const told = faults.falsified(equal);
    expect(told.subarray(4)).not.toEqual(equal.subarray(4));
    expect(told[4]).toBe(17);
    expect(new DataView(told.buffer).getUint32(0)).toBe(crc32(told.subarray(4)));
  }
});

test('E49: faults by rate befall such a share of the frames, armed ones the next; none are left when disarmed', () => {
  const faults = new FrameFaults(createRandom('rates'));
  faults.rate('duplicate', 0.2);
  faults.rate('swap', 0.1);
  const count = (): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (let i = 0; i < 10_000; i++) {
      const fault = faults.next('a', 'b', frame) ?? 'none';
      counts[fault] = (counts[fault] ?? 0) + 1;
    }
    return counts;
  };
  const { duplicate = 0, swap = 0, ...rest } = count();
  expect(duplicate).toBeGreaterThan(1800);
  expect(duplicate).toBeLessThan(2200);
  // Of the four fifths that are not duplicated.
  expect(swap).toBeGreaterThan(700);
  expect(swap).toBeLessThan(900);
  expect(Object.keys(rest)).toEqual(['none']);
  faults.arm('a', 'b', 'drop', 1);
  expect(faults.next('a', 'b', frame)).toBe('drop');
  faults.disarm();
  expect(count()).toEqual({ none: 10_000 });
});
