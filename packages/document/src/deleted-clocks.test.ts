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
import { fullWindows, MixedWindow, windowClocks, windowsOf } from './delete-windows.ts';
import { DeletedClocks } from './deleted-clocks.ts';

const anywhere = fc.nat(8 * windowClocks);
const atBorder = fc
  .tuple(fc.nat(8), fc.integer({ min: -2, max: 2 }))
  .map(([n, by]) => Math.max(0, n * windowClocks + by));
const lengths = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 3 * windowClocks }));
const range = fc.record({ clock: fc.oneof(anywhere, atBorder), length: lengths });
const few = fc.array(range, { maxLength: 3 }).map(normalizeRanges);
const many = fc
  .array(fc.record({ clock: anywhere, length: fc.integer({ min: 1, max: 40 }) }), {
    maxLength: 80,
    size: 'max',
  })
  .map(normalizeRanges);
const ranges = fc.oneof(
  few,
  many,
  fc.tuple(few, many).map(([a, b]) => unionRanges(a, b)),
);

/** The same clocks come in the same windows, however they were put together. */
function expectCanonical(clocks: DeletedClocks, expected: Ranges): void {
  expect(clocks.toRanges()).toEqual(expected);
  expect(clocks.windows.map(({ first, count }) => [first, count])).toEqual(
    windowsOf(expected).map(({ first, count }) => [first, count]),
  );
  expect(clocks.equals(DeletedClocks.of(expected))).toBe(true);
}

describe('deleted clocks in windows', () => {
  it('D2: union, difference and cuts are those of plain ranges', () => {
    fc.assert(
      fc.property(
        ranges,
        ranges,
        fc.oneof(anywhere, atBorder),
        fc.oneof(anywhere, atBorder),
        (a, b, from, to) => {
          const [mine, theirs] = [DeletedClocks.of(a), DeletedClocks.of(b)];
          expectCanonical(mine.with(b), unionRanges(a, b));
          expectCanonical(mine.union(theirs), unionRanges(a, b));
          expect(mine.minus(theirs)).toEqual(subtractRanges(a, b));
          expect(mine.lacking(b)).toEqual(subtractRanges(b, a));
          const [low, high] = [Math.min(from, to), Math.max(from, to)];
          expect(mine.clip(low, high)).toEqual(clipRanges(a, low, high));
          expectCanonical(mine.before(from), clipRanges(a, 0, from));
          expect(mine.equals(theirs)).toBe(equalRanges(a, b));
          expect([...mine]).toEqual(a);
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('D2: windows cover the clocks, once each, full ones in runs', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        const windows = windowsOf(list);
        const back = windows.flatMap((window) =>
          window instanceof MixedWindow ? window.ranges : [fullWindows(window)],
        );
        expect(normalizeRanges(back)).toEqual(list);
        windows.forEach((window, i) => {
          const before = windows[i - 1];
          if (before !== undefined) expect(window.first).toBeGreaterThanOrEqual(before.first + before.count);
          if (window instanceof MixedWindow) {
            expect(window.ranges[0]?.length).toBeLessThan(windowClocks);
            const [first, end] = [window.first * windowClocks, (window.first + 1) * windowClocks];
            expect(window.ranges.every(({ clock, length }) => clock >= first && clock + length <= end)).toBe(
              true,
            );
          } else if (before !== undefined && !(before instanceof MixedWindow)) {
            expect(window.first).toBeGreaterThan(before.first + before.count);
          }
        });
      }),
      { numRuns: 1000 },
    );
  });

  it('D5: an edit makes one window anew and keeps the others; what adds nothing makes nothing', () => {
    const scattered = normalizeRanges(Array.from({ length: 500 }, (_, i) => ({ clock: i * 50, length: 1 })));
    const before = DeletedClocks.of(scattered);
    const after = before.with([{ clock: windowClocks + 7, length: 2 }]);
    const kept = after.windows.filter((window) => before.windows.includes(window));
    expect(kept.length).toBe(before.windows.length - 1);
    expect(before.toRanges()).toEqual(scattered);
    expect(before.with([{ clock: 50, length: 1 }])).toBe(before);
    expect(before.with([])).toBe(before);
    expect(before.union(after).union(before).equals(after)).toBe(true);
  });

  it('D5: an edit of many ranges too makes only the windows anew that it touches', () => {
    const scattered = normalizeRanges(Array.from({ length: 5000 }, (_, i) => ({ clock: i * 50, length: 1 })));
    const before = DeletedClocks.of(scattered);
    const edit = Array.from({ length: 40 }, (_, i) => ({ clock: 5 * windowClocks + i * 50 + 7, length: 1 }));
    const after = before.with(edit);
    const kept = after.windows.filter((window) => before.windows.includes(window));
    expect(after.windows.length - kept.length).toBe(1);
    expectCanonical(after, unionRanges(scattered, edit));
    expect(before.lacking(edit)).toEqual(edit);
    expect(after.lacking(edit)).toEqual([]);
  });

  it('D3: the hash of a window depends on where in the window its deletes lie, not on which window it is', () => {
    const [here, there] = [1, 9].map(
      (first) => new MixedWindow(first, [{ clock: first * windowClocks + 1, length: 2 }]),
    ) as [MixedWindow, MixedWindow];
    expect(Buffer.from(here.hash).toString('hex').slice(0, 16)).toBe('c035715ff3bfcdce');
    expect(there.hash).toEqual(here.hash);
    expect(new MixedWindow(1, [{ clock: windowClocks + 2, length: 2 }]).hash).not.toEqual(here.hash);
  });
});
