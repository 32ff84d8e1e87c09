import { createRandom, decode } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import { unwrap } from './contract/fixture.ts';
import { decodeStarts, encodeStarts, isSameHistory, type StoreStart, withStart } from './starts.ts';

const random = createRandom('starts');

/** As many starts, before each of which the feed grew by ten. */
function started(count: number): readonly StoreStart[] {
  let starts: readonly StoreStart[] = [];
  for (let at = 0; at < count; at++) starts = withStart(starts, at * 10, random);
  return starts;
}

describe('starts of a store', () => {
  it('S111: a sequence is of the history up to where the feed stood at the start after it', () => {
    const starts = started(3);
    const [first, , last] = starts;
    if (first === undefined || last === undefined) throw new Error('no starts');
    const isSame = (id: string, feedSequence: number): boolean => isSameHistory(starts, { id, feedSequence });
    expect([isSame(first.id, 10), isSame(first.id, 11)]).toEqual([true, false]);
    expect([isSame(last.id, 1000), isSame('00'.repeat(16), 1)]).toEqual([true, false]);
  });

  it('S111: the last 64 are remembered, and read as they were written', () => {
    const starts = started(100);
    expect([starts.length, starts[0]?.feedHead, new Set(starts.map(({ id }) => id)).size]).toEqual([
      64, 360, 64,
    ]);
    expect(unwrap(decode(encodeStarts(starts), decodeStarts))).toEqual(starts);
  });
});
