import { expect, it } from 'vitest';
import { isKept, lineOf } from './trial.ts';

it('U1: a figure above its most, below its least, or none at all breaks the trial', () => {
  const measure = { what: 'lost', value: 3, unit: 'updates' };
  expect(isKept(measure)).toBe(true);
  expect(isKept({ ...measure, atMost: 3 })).toBe(true);
  expect(isKept({ ...measure, atMost: 2 })).toBe(false);
  expect(isKept({ ...measure, atLeast: 3 })).toBe(true);
  expect(isKept({ ...measure, atLeast: 4 })).toBe(false);
  expect(isKept({ ...measure, value: Number.NaN, atMost: 2 })).toBe(false);
  expect(lineOf({ ...measure, atMost: 0 })).toMatch(/lost +3 updates \(at most 0\) BROKEN/);
});
