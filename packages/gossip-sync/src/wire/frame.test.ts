import { fromHex, sha256, toHex, utf8Encode } from '@hearsay/core';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { sampleMessages } from '../testing/sample-messages.ts';
import { crc32 } from './checksum.ts';
import { decodeFrame, encodeFrame } from './frame.ts';
import { messageTable } from './message-table.ts';
import { protocolHistory, protocolVersion } from './protocol-version.ts';

const named = sampleMessages.map((sample) => ({ name: `${sample.channel}.${sample.message.type}`, sample }));

describe('frames', () => {
  test.each(named)('G1: $name comes back as it went', ({ sample }) => {
    expect(decodeFrame(encodeFrame(sample))).toEqual({ ok: true, value: sample });
  });

  test('G1: every message of the table is among the samples', () => {
    const types = Object.entries(messageTable).flatMap(([channel, definitions]) =>
      Object.keys(definitions).map((type) => `${channel}.${type}`),
    );
    expect(named.map(({ name }) => name).sort()).toEqual(types.sort());
  });

  test('G2: the bytes of every message are those of the protocol version', () => {
    const golden = Object.fromEntries(named.map(({ name, sample }) => [name, toHex(encodeFrame(sample))]));
    expect(golden).toMatchSnapshot();
  });

  test('G2: what a later version has added is left out by an older node, and is nothing', () => {
    const first =
      '7873d339209309029293c410101112131415161718191a1b1c1d1e1f01c402000093c410101112131415161718191a1b1c1d1e1f01c0';
    const key = '101112131415161718191a1b1c1d1e1f';
    expect(decodeFrame(fromHex(first))).toMatchObject({
      value: {
        message: {
          descriptions: [
            { key, life: 1, ended: null },
            { key, life: 1, sketch: null, ended: null },
          ],
        },
      },
    });
  });

  test('G2: no shape changes without a new version of the protocol', () => {
    const shapes = Object.values(messageTable).flatMap((definitions) =>
      Object.values<{ readonly shape: string }>(definitions).map(({ shape }) => shape),
    );
    const schema = toHex(sha256(utf8Encode(shapes.sort().join('\n')))).slice(0, 16);
    expect(protocolHistory.at(-1)).toMatchObject({ version: protocolVersion, schema });
  });

  test('G2: no code is used twice', () => {
    const codes = Object.values(messageTable).flatMap((definitions) =>
      Object.values<{ readonly code: number }>(definitions).map(({ code }) => code),
    );
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.every((code) => code > 0 && code < 128)).toBe(true);
  });

  test('G3: a frame with any one bit flipped is damaged', () => {
    for (const { sample } of named) {
      const frame = encodeFrame(sample);
      for (let bit = 0; bit < frame.byteLength * 8; bit++) {
        const flipped = frame.slice();
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(decodeFrame(flipped)).toMatchObject({ ok: false, error: { code: 'FRAME_DAMAGED' } });
      }
    }
  });

  test('G3: a frame that is cut short is damaged', () => {
    for (const { sample } of named) {
      const frame = encodeFrame(sample);
      for (let length = 0; length < frame.byteLength; length++) {
        expect(decodeFrame(frame.subarray(0, length)).ok).toBe(false);
      }
    }
  });
});

describe('hostile frames', () => {
  test('G4: any bytes after a right checksum give a message or an error, never an exception', () => {
    const codes = named.map(({ sample }) => encodeFrame(sample)[4] ?? 0);
    fc.assert(
      fc.property(fc.constantFrom(...codes), fc.uint8Array({ maxLength: 200 }), (code, body) => {
        const decoded = decodeFrame(sealed(code, body));
        expect(decoded.ok || decoded.error.code === 'DECODE_FAILED').toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('G4: a field of the wrong type, length or range is refused', () => {
    for (const { sample } of named) {
      const frame = encodeFrame(sample);
      const fields = plain.unpack(frame.subarray(5)) as unknown[];
      for (const [index, field] of fields.entries()) {
        for (const wrong of wrongFor(field)) {
          const body = plain.pack(fields.with(index, wrong));
          const decoded = decodeFrame(sealed(frame[4] ?? 0, body));
          expect(decoded, `${sample.message.type} ${index} ${String(wrong)}`).toMatchObject({ ok: false });
        }
      }
    }
  });

  test('G4: what a decoder allocates is bounded by what was sent', () => {
    const hugeArray = Uint8Array.of(0xdd, 0x01, 0xc9, 0xc3, 0x80);
    const hugeText = Uint8Array.of(0x91, 0xdb, 0x7f, 0xff, 0xff, 0xff);
    const deep = Uint8Array.from({ length: 10_000 }, () => 0x91);
    const map = Uint8Array.of(0x81, 0x01, 0x01);
    const extension = Uint8Array.of(0xd4, 0x01, 0x00);
    for (const body of [hugeArray, hugeText, deep, map, extension]) {
      expect(decodeFrame(sealed(16, body))).toMatchObject({ ok: false, error: { code: 'DECODE_FAILED' } });
    }
  });
});

describe('other versions', () => {
  test('G5: an unknown message is ignored when it is marked optional, and refused when not', () => {
    expect(decodeFrame(sealed(127 | 0x80, plain.pack(['news'])))).toEqual({ ok: true, value: null });
    expect(decodeFrame(sealed(127, plain.pack(['news'])))).toMatchObject({
      ok: false,
      error: { code: 'FRAME_UNKNOWN_TYPE' },
    });
  });

  test('G5: fields beyond those that are known are ignored', () => {
    for (const { sample } of named) {
      const frame = encodeFrame(sample);
      const fields = plain.unpack(frame.subarray(5)) as unknown[];
      const longer = sealed(frame[4] ?? 0, plain.pack([...fields, 'later', [1]]));
      expect(decodeFrame(longer)).toEqual({ ok: true, value: sample });
    }
  });
});

const plain = new Packr({ useRecords: false });

function sealed(code: number, body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(5 + body.byteLength);
  frame[4] = code;
  frame.set(body, 5);
  new DataView(frame.buffer).setUint32(0, crc32(frame.subarray(4)));
  return frame;
}

function wrongFor(field: unknown): unknown[] {
  const always = [-1, 1.5, Number.NaN, 2 ** 60];
  if (typeof field === 'number') return [...always, 'text', null, [], new Uint8Array(16)];
  if (typeof field === 'string') return [...always, null, [], 'x'.repeat(10_000)];
  if (field instanceof Uint8Array) {
    // A digest has one length; the sample of what has any is shorter than all digests.
    const cut = field.byteLength < 16 ? [] : [new Uint8Array(7)];
    return [...always, null, 'text', [], ...cut, new Uint8Array(100_001)];
  }
  if (typeof field === 'boolean') return [...always, null, 0, 'true'];
  return [...always, null, 'text', [null], new Array(70_000).fill(0)];
}
