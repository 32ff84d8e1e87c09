import { createRandom } from '@hearsay/core';
import { describe, expect, test } from 'vitest';
import { closeCodes } from '../../wire/close-codes.ts';
import { AddressBook } from './address-book.ts';
import { defaultPeersConfig, type PeersConfig } from './config.ts';

const nobody: ReadonlySet<never> = new Set();

/** After each of so many dials that end with a code, how long until the next is due. */
function waits(codes: readonly number[], config: Partial<PeersConfig> = {}, seed = 'book'): number[] {
  const book = new AddressBook({ ...defaultPeersConfig, ...config }, createRandom(seed));
  book.put('x', null, 0);
  let now = 0;
  return codes.map((code) => {
    expect(book.takeDue(now, nobody, true)).toEqual(['x']);
    book.ended('x', code, null, now);
    const due = book.nextDue(nobody, true) ?? Number.POSITIVE_INFINITY;
    const wait = due - now;
    now = due;
    return wait;
  });
}

const { dialBaseMs, refusedCapMs } = defaultPeersConfig;
const odd = [closeCodes.unauthenticated, closeCodes.messageTooBig, closeCodes.invalidMessage];
const final = [
  ...[closeCodes.wrongSecret, closeCodes.wrongCluster, closeCodes.duplicateReplica, closeCodes.notPermitted],
  ...[closeCodes.restoredBackup, closeCodes.versionUnsupported, closeCodes.clockSkew],
];

describe('the wait before the next dial', () => {
  test.each(odd)('G95: after a single odd frame (%i) it is the usual one', (code) => {
    for (let n = 0; n < 100; n++) {
      const [after] = waits([code], {}, `odd ${n}`);
      expect(after).toBeLessThanOrEqual(dialBaseMs);
    }
    const [, , , last] = waits([code, 1006, code, code]);
    expect(last).toBeLessThanOrEqual(dialBaseMs * 2 ** 3);
  });

  test.each(odd)('G95: a peer that sends one (%i) again and again is dialled seldom', (code) => {
    const [, , third = 0, fourth] = waits([code, code, code, code]);
    expect(third).toBeLessThanOrEqual(dialBaseMs * 4);
    expect(fourth).toBeGreaterThanOrEqual(refusedCapMs / 2);
  });

  test.each(final)('G95: after a refusal for good (%i) it is long at once', (code) => {
    const [first] = waits([code]);
    expect(first).toBeGreaterThanOrEqual(refusedCapMs / 2);
    expect(first).toBeLessThanOrEqual(refusedCapMs);
  });
});
