import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 as tableCrc32 } from './crc32.ts';
import { openRecord, sealRecord } from './envelope.ts';
import { crc32 } from './node/crc32.ts';

const bytes = fc.uint8Array({ maxLength: 200 });

describe('envelope', () => {
  it('S8: gives back what was sealed', () => {
    fc.assert(
      fc.property(bytes, bytes, (key, payload) => {
        expect(openRecord(key, sealRecord(key, payload))).toEqual(payload);
      }),
    );
  });

  it('S8: one flipped bit, a cut or a longer record is noticed', () => {
    fc.assert(
      fc.property(bytes, bytes, fc.nat(), fc.nat(7), (key, payload, place, bit) => {
        const sealed = sealRecord(key, payload);
        const flipped = sealed.slice();
        const at = place % sealed.byteLength;
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        expect(openRecord(key, flipped)).toBeUndefined();
        expect(openRecord(key, sealed.subarray(0, at))).toBeUndefined();
        expect(openRecord(key, Uint8Array.of(...sealed, 0))).toBeUndefined();
      }),
    );
  });

  it('S8: a record found under the key of another is noticed', () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, (key, other, payload) => {
        fc.pre(key.join() !== other.join());
        expect(openRecord(other, sealRecord(key, payload))).toBeUndefined();
      }),
    );
  });

  it('S8: browsers compute the checksum that Node does', () => {
    fc.assert(
      fc.property(bytes, bytes, (first, second) => {
        expect(tableCrc32(second, tableCrc32(first))).toBe(crc32(second, crc32(first)));
      }),
    );
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  });
});
