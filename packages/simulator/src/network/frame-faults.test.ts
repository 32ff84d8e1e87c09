import { createRandom } from '@hearsay/core';
import { expect, test } from 'vitest';
import { FrameFaults } from './frame-faults.ts';

test('E49: faults by rate befall such a share of the frames, armed ones the next; none are left when disarmed', () => {
  const faults = new FrameFaults(createRandom('rates'));
  faults.rate('duplicate', 0.2);
  faults.rate('swap', 0.1);
  const count = (): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (let i = 0; i < 10_000; i++) {
      const fault = faults.next('a', 'b') ?? 'none';
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
  expect(faults.next('a', 'b')).toBe('drop');
  faults.disarm();
  expect(count()).toEqual({ none: 10_000 });
});
