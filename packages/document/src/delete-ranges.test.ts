import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clipRanges,
  equalRanges,
  normalizeRanges,
  type Ranges,
  subtractRanges,
  unionRanges,
} from './delete-ranges.ts';

const clocks = fc.array(fc.nat(60), { maxLength: 60, size: 'max' });
const fewClocks = fc.array(fc.nat(60), { maxLength: 3 });

/** The slow truth: one number per clock. */
function clocksOf(ranges: Ranges): number[] {
  return ranges.flatMap(({ clock, length }) => Array.from({ length }, (_, i) => clock + i));
}

function rangesOf(set: Iterable<number>): Ranges {
  return normalizeRanges([...set].map((clock) => ({ clock, length: 1 })));
}

function ascending(set: ReadonlySet<number>): number[] {
  return [...set].sort((a, b) => a - b);
}

function isNormal(ranges: Ranges): boolean {
  return ranges.every(({ clock, length }, i) => {
    const before = ranges[i - 1];
    return length > 0 && (before === undefined || before.clock + before.length < clock);
  });
}

describe('ranges of clocks', () => {
  it('D2: normalizing keeps the clocks and leaves nothing that overlaps or touches', () => {
    const range = fc.record({ clock: fc.nat(60), length: fc.integer({ min: 1, max: 9 }) });
    fc.assert(
      fc.property(fc.array(range), (ranges) => {
        const normal = normalizeRanges(ranges);
        expect(clocksOf(normal)).toEqual(ascending(new Set(clocksOf(ranges))));
        expect(isNormal(normal)).toBe(true);
      }),
    );
  });

  it('D2: union, difference and clipping are those of sets of clocks, for few ranges against many too', () => {
    fc.assert(
      fc.property(clocks, fc.oneof(clocks, fewClocks), fc.nat(60), fc.nat(60), (a, b, from, to) => {
        const [left, right] = [rangesOf(a), rangesOf(b)];
        for (const union of [unionRanges(left, right), unionRanges(right, left)]) {
          expect(clocksOf(union)).toEqual(ascending(new Set([...a, ...b])));
          expect(isNormal(union)).toBe(true);
        }
        const rest = subtractRanges(left, right);
        expect(clocksOf(rest)).toEqual(ascending(new Set(a)).filter((clock) => !b.includes(clock)));
        expect(isNormal(rest)).toBe(true);
        const clipped = clipRanges(left, from, to);
        expect(clocksOf(clipped)).toEqual(
          ascending(new Set(a)).filter((clock) => clock >= from && clock < to),
        );
        expect(equalRanges(left, right)).toBe(
          String(ascending(new Set(a))) === String(ascending(new Set(b))),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('D5: what adds nothing gives back the very same list', () => {
    const many = rangesOf(Array.from({ length: 40 }, (_, i) => i * 3));
    expect(unionRanges(many, [{ clock: 6, length: 1 }])).toBe(many);
    expect(subtractRanges(many, [])).toBe(many);
  });
});
