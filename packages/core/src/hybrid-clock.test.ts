import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkHybridTime, hybridTimeToMs, msToHybridTime, nextHybridTime } from './hybrid-clock.ts';

const year2026 = Date.UTC(2026, 0, 1);

describe('hybrid clock', () => {
  it('K8: goes forward whatever the wall clock does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3_600_000, max: 3_600_000 }), { minLength: 1 }), (jumps) => {
        let last = msToHybridTime(year2026);
        for (const jump of jumps) {
          const next = nextHybridTime(last, year2026 + jump);
          expect(next).toBeGreaterThan(last);
          expect(Number.isSafeInteger(next)).toBe(true);
          expect(hybridTimeToMs(next)).toBeGreaterThanOrEqual(year2026 + jump);
          last = next;
        }
      }),
    );
  });

  it('K8: reads the wall clock when that is ahead', () => {
    expect(hybridTimeToMs(nextHybridTime(msToHybridTime(year2026), year2026 + 5))).toBe(year2026 + 5);
  });

  it.each([
    [0, true],
    [300_000, true],
    [300_001, false],
    [1e12, false],
  ])('K8: a stamp %i ms ahead is taken: %s', (ahead, taken) => {
    const checked = checkHybridTime(msToHybridTime(year2026 + ahead), year2026);
    expect(checked.ok).toBe(taken);
    if (!checked.ok) expect(checked.error).toMatchObject({ code: 'STAMP_IN_FUTURE', retry: true });
  });
});
