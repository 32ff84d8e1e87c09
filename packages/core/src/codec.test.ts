import fc from 'fast-check';
import * as encoding from 'lib0/encoding';
import { describe, expect, it } from 'vitest';
import { compareBytes, concat, equalBytes } from './bytes.ts';
import { type ByteReader, ByteWriter, decode, tuple } from './codec.ts';

const naturals = fc.maxSafeNat();

describe('codec', () => {
  it('K1: numbers, bytes and strings come back as they went', () => {
    fc.assert(
      fc.property(naturals, fc.uint8Array(), fc.string({ unit: 'grapheme' }), (number, bytes, text) => {
        const written = new ByteWriter().varUint(number).varBytes(bytes).varString(text).finish();
        expect(new ByteWriter().varUint(number).varBytes(bytes).varString(text).take()).toEqual(written);
        const read = decode(written, (reader) => [reader.varUint(), reader.varBytes(), reader.varString()]);
        expect(read).toEqual({ ok: true, value: [number, bytes, text.toWellFormed()] });
      }),
    );
  });

  it('K1: bytes are those of lib0', () => {
    fc.assert(
      fc.property(naturals, fc.string(), (number, text) => {
        const theirs = encoding.createEncoder();
        encoding.writeVarUint(theirs, number);
        encoding.writeVarString(theirs, text);
        const ours = new ByteWriter().varUint(number).varString(text).finish();
        expect(ours).toEqual(encoding.toUint8Array(theirs));
      }),
    );
  });

  it('K2: any bytes give a value or an error, and a cut value gives an error', () => {
    const read = (reader: ByteReader): unknown => [reader.varUint(1000), reader.varString(20), reader.byte()];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(typeof decode(bytes, read).ok).toBe('boolean');
      }),
    );
    const whole = new ByteWriter().varUint(700).varString('häuser').byte(9).finish();
    expect(decode(whole, read).ok).toBe(true);
    for (let length = 0; length < whole.byteLength; length++) {
      expect(decode(whole.subarray(0, length), read)).toMatchObject({ error: { code: 'DECODE_FAILED' } });
    }
    expect(decode(concat(whole, Uint8Array.of(0)), read).ok).toBe(false);
    expect(decode(new ByteWriter().varUint(1001).finish(), (reader) => reader.varUint(1000)).ok).toBe(false);
    expect(decode(Uint8Array.of(2, 0xc3, 0x28), (reader) => reader.varString()).ok).toBe(false);
    expect(decode(new Uint8Array(12).fill(0xff), (reader) => reader.varUint()).ok).toBe(false);
  });

  it('K2: an error that is not about the bytes is not swallowed', () => {
    expect(() =>
      decode(Uint8Array.of(), () => {
        throw new Error('bug');
      }),
    ).toThrow('bug');
  });

  it('K3: no two lists of parts give the same tuple', () => {
    const lists = fc.array(fc.uint8Array({ maxLength: 3 }), { maxLength: 4 });
    fc.assert(
      fc.property(lists, lists, (a, b) => {
        const equal =
          a.length === b.length &&
          JSON.stringify(a.map((p) => [...p])) === JSON.stringify(b.map((p) => [...p]));
        expect(equalBytes(tuple(...a), tuple(...b))).toBe(equal);
      }),
    );
  });

  it('K9: order is bytewise, shorter first', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b));
      }),
    );
  });
});
