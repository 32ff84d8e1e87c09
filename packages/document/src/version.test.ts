import { emptyBytes } from '@hearsay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { normalizeRanges } from './delete-ranges.ts';
import { windowClocks } from './delete-windows.ts';
import { DeletedClocks } from './deleted-clocks.ts';
import { admitAll, unwrap } from './testing/log.ts';
import { edits, playEdits } from './testing/random-edits.ts';
import { coversVersion, emptyVersion, equalVersions, mergeVersions, type Version } from './version.ts';
import {
  decodeStateVector,
  decodeVersion,
  encodeStateVector,
  encodeVersion,
  versionDigest,
} from './version-codec.ts';

const clients = fc.oneof(fc.nat(5), fc.constantFrom(4_294_967_295, 2_147_483_648, 300));
const clientState = fc
  .tuple(
    clients,
    fc.integer({ min: 1, max: 200 }),
    fc.array(fc.tuple(fc.nat(199), fc.integer({ min: 1, max: 20 }))),
  )
  .map(([client, clock, deletes]) => ({
    client,
    clock,
    ranges: normalizeRanges(
      deletes
        .filter(([start]) => start < clock)
        .map(([start, length]) => ({ clock: start, length: Math.min(length, clock - start) })),
    ),
  }));
const versions: fc.Arbitrary<Version> = fc
  .uniqueArray(clientState, { selector: ({ client }) => client })
  .map((states) => ({
    stateVector: new Map(states.map(({ client, clock }) => [client, clock])),
    deleteSet: new Map(
      states
        .filter(({ ranges }) => ranges.length > 0)
        .map(({ client, ranges }) => [client, DeletedClocks.of(ranges)]),
    ),
  }));

describe('versions', () => {
  it('D1: canonical bytes come back as the version they are of, and only equal versions share them', () => {
    fc.assert(
      fc.property(versions, versions, (a, b) => {
        expect(equalVersions(unwrap(decodeVersion(encodeVersion(a))), a)).toBe(true);
        const sameBytes = Buffer.compare(encodeVersion(a), encodeVersion(b)) === 0;
        expect(sameBytes).toBe(equalVersions(a, b));
        expect(versionDigest(a, 1) === versionDigest(b, 1)).toBe(equalVersions(a, b));
      }),
    );
  });

  it('D1: the order in which clients became known does not show', () => {
    fc.assert(
      fc.property(versions, (version) => {
        const reversed: Version = {
          stateVector: new Map([...version.stateVector].reverse()),
          deleteSet: new Map([...version.deleteSet].reverse()),
        };
        expect(encodeVersion(reversed)).toEqual(encodeVersion(version));
      }),
    );
  });

  it('D1: changed bytes are refused or are the canonical bytes of another version', () => {
    const change = fc.tuple(fc.nat(500), fc.nat(255));
    fc.assert(
      fc.property(versions, fc.array(change, { minLength: 1, maxLength: 3 }), (version, changes) => {
        const bytes = encodeVersion(version);
        for (const [at, value] of changes) bytes[at % bytes.byteLength] = value;
        const decoded = decodeVersion(bytes);
        if (decoded.ok) expect(encodeVersion(decoded.value)).toEqual(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['nothing at all', '', 'unexpected end'],
    ['trailing bytes', '0000', 'trailing bytes'],
    ['a number longer than it needs', '8000', 'longer than it needs'],
    ['a number of eleven bytes', '80808080808080808001', 'too long'],
    ['a client twice', '02010500000500', 'client twice'],
    ['a client without clocks', '01010000', 'clock out of range'],
    ['ranges that touch', '01010a0200020003', 'touch'],
    ['a range without length', '01010a010000', 'out of bounds'],
    ['a range beyond the clock', '01010a01000b', 'out of bounds'],
    ['a client id of 33 bits', '0180808080100100', 'client id out of range'],
    ['a clock of 2^48 + 1', '01018180808080804000', 'clock out of range'],
  ])('D1: %s is refused', (_what, hex, why) => {
    expect(decodeVersion(Buffer.from(hex, 'hex'))).toMatchObject({
      ok: false,
      error: { code: 'DECODE_FAILED', message: expect.stringContaining(why) },
    });
  });

  it('D1: the largest client id and clock are taken', () => {
    expect(unwrap(decodeVersion(Buffer.from('01ffffffff0f8080808080804000', 'hex')))).toEqual({
      stateVector: new Map([[4_294_967_295, 281_474_976_710_656]]),
      deleteSet: new Map(),
    });
  });

  it('D1: a version that deletes what it does not know has no bytes', () => {
    const impossible: Version = {
      stateVector: new Map(),
      deleteSet: new Map([[1, DeletedClocks.of([{ clock: 0, length: 1 }])]]),
    };
    expect(() => encodeVersion(impossible)).toThrow(RangeError);
  });

  it('D2: merging is the least version that covers both', () => {
    fc.assert(
      fc.property(versions, versions, versions, (a, b, c) => {
        const merged = mergeVersions(a, b);
        expect(coversVersion(merged, a) && coversVersion(merged, b)).toBe(true);
        expect(equalVersions(merged, mergeVersions(b, a))).toBe(true);
        expect(equalVersions(mergeVersions(merged, a), merged)).toBe(true);
        expect(equalVersions(mergeVersions(merged, c), mergeVersions(a, mergeVersions(b, c)))).toBe(true);
        expect(coversVersion(a, b)).toBe(equalVersions(merged, a));
        expect(coversVersion(merged, emptyVersion)).toBe(true);
      }),
    );
  });

  it('D3: digests depend on the life, and do not change from release to release', () => {
    const version: Version = {
      stateVector: new Map([
        [1, 5],
        [4_000_000_000, 300],
      ]),
      deleteSet: new Map([[1, DeletedClocks.of([{ clock: 1, length: 2 }])]]),
    };
    expect(Buffer.from(encodeVersion(version)).toString('hex')).toBe('020105010102ffcfacf30eac0200');
    expect(versionDigest(version, 1)).toBe('9323b5adb09ade74ead2eac9db317031');
    expect(versionDigest(version, 2)).toBe('3fefbfaa3417dc4358d0665e7eeec700');
    expect(versionDigest(emptyVersion, 1)).toBe('c20c93230d55adb980154c4f88dab65a');
    const scattered = Array.from({ length: 30 }, (_, i) => ({ clock: i * 100, length: 1 }));
    const long: Version = {
      stateVector: new Map([[7, 5 * windowClocks]]),
      deleteSet: new Map([
        [7, DeletedClocks.of([...scattered, { clock: windowClocks, length: 2 * windowClocks }])],
      ]),
    };
    expect(versionDigest(long, 300)).toBe('e810ff8be3f0da78d35745757944a0d4');
  });

  it('D4: state vectors are those of Yjs, byte for byte', () => {
    fc.assert(
      fc.property(edits, (script) => {
        const { replicas, updates } = playEdits(script, true);
        const [first] = replicas as [Y.Doc];
        const state = Y.encodeStateAsUpdate(first);
        const { version } = admitAll([...updates, state]);
        const mine = admitAll([state]).version;
        expect(encodeStateVector(mine.stateVector)).toEqual(Y.encodeStateVector(first));
        const decoded = unwrap(decodeStateVector(encodeStateVector(version.stateVector), 3));
        expect(new Map(decoded)).toEqual(new Map(version.stateVector));
      }),
    );
  });

  it('D4: too many, repeated, oversized and cut entries are refused; clocks of 0 are left out', () => {
    const two = Uint8Array.of(2, 9, 1, 8, 0);
    expect(unwrap(decodeStateVector(two, 2))).toEqual(new Map([[9, 1]]));
    expect(decodeStateVector(two, 1).ok).toBe(false);
    expect(decodeStateVector(Uint8Array.of(2, 9, 1, 9, 2), 2).ok).toBe(false);
    expect(decodeStateVector(Uint8Array.of(1, 0x80, 0x80, 0x80, 0x80, 0x10, 1), 2).ok).toBe(false);
    expect(decodeStateVector(two.subarray(0, 4), 2).ok).toBe(false);
    expect(decodeStateVector(emptyBytes, 2).ok).toBe(false);
  });
});
