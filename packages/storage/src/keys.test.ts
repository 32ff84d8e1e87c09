import { compareBytes, type DocumentKey, fromHex, toHex } from '@hearsay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyRange } from './database.ts';
import {
  documentKeyBytes,
  documentRange,
  feedAfter,
  feedKey,
  headKey,
  indexNodeKey,
  indexNodeRange,
  indexRootKey,
  metaKey,
  nameKey,
  nameRange,
  outboxFrom,
  outboxKey,
  outboxUpTo,
  parseDocumentRecordKey,
  parseFeedKey,
  parseNameKey,
  parseOutboxKey,
  peerKey,
  quarantineKey,
  snapshotKey,
  stateKey,
  tailKey,
  versionKey,
} from './keys.ts';
import { peerId } from './testing/stores.ts';

const hex = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => toHex(bytes) as DocumentKey);
const sequences = fc.maxSafeNat().map((value) => value % (2 ** 48 - 2));
const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });

function has(range: KeyRange, key: Uint8Array): boolean {
  return compareBytes(range.gte, key) <= 0 && compareBytes(key, range.lt) < 0;
}

describe('keys', () => {
  it('S7: bytes on disk are those of the first release', () => {
    const document = fromHex('00112233445566778899aabbccddeeff');
    const golden: [Uint8Array, string][] = [
      [metaKey('identity'), '0100'],
      [metaKey('counters'), '0101'],
      [metaKey('index'), '0102'],
      [metaKey('starts'), '0103'],
      [headKey(document), '1000112233445566778899aabbccddeeff00'],
      [versionKey(document), '1000112233445566778899aabbccddeeff01'],
      [tailKey(document, 0x1_0000_0002), '1000112233445566778899aabbccddeeff020000000100000002'],
      [snapshotKey(document), '1000112233445566778899aabbccddeeff03'],
      [nameKey('ab', 'é'), '11026162c3a9'],
      [quarantineKey(document), '1200112233445566778899aabbccddeeff'],
      [feedKey(258), '200000000000000102'],
      [outboxKey(258, 3), '21000000000000010200000003'],
      [indexNodeKey('ab', '0f'), '300261623066'],
      [indexRootKey('ab'), '316162'],
      [peerKey(peerId(1), 'feed'), '400000000000000000000000000000000100'],
      [peerKey(peerId(1), 'mail'), '400000000000000000000000000000000101'],
      [stateKey('peers'), '417065657273'],
    ];
    for (const [key, bytes] of golden) expect(toHex(key)).toBe(bytes);
  });

  it('S7: no record of one document lies among those of another', () => {
    fc.assert(
      fc.property(hex, hex, sequences, (mine, other, sequence) => {
        const range = documentRange(documentKeyBytes(mine));
        const bytes = documentKeyBytes(other);
        for (const key of [headKey(bytes), versionKey(bytes), snapshotKey(bytes), tailKey(bytes, sequence)]) {
          expect(has(range, key)).toBe(mine === other);
          expect(parseDocumentRecordKey(key)?.key).toBe(other);
        }
      }),
    );
  });

  it('S7: no name or index node of one collection lies among those of another', () => {
    fc.assert(
      fc.property(names, names, names, (mine, other, name) => {
        expect(has(nameRange(mine, ''), nameKey(other, name))).toBe(mine === other);
        expect(has(indexNodeRange(mine), indexNodeKey(other, name))).toBe(mine === other);
      }),
    );
  });

  it('S7: a prefix of names takes in exactly the names that begin with it', () => {
    const awkward = fc.oneof(names, fc.constantFrom('\u{10ffff}', '\u{7f}', '\u{7ff}\u{7ff}'));
    fc.assert(
      fc.property(awkward, awkward, fc.boolean(), (prefix, rest, joined) => {
        const name = joined ? prefix + rest : rest;
        expect(has(nameRange('c', prefix), nameKey('c', name))).toBe(name.startsWith(prefix));
        expect(parseNameKey(nameKey('c', name))).toEqual({ collection: 'c', name });
      }),
    );
  });

  it('S7: sequences sort as numbers', () => {
    fc.assert(
      fc.property(sequences, sequences, fc.nat(1000), (a, b, count) => {
        expect(Math.sign(compareBytes(feedKey(a), feedKey(b)))).toBe(Math.sign(a - b));
        expect(has(feedAfter(a), feedKey(b))).toBe(b > a);
        expect(has(outboxUpTo(a), outboxKey(b, count))).toBe(b <= a);
        expect(has(outboxFrom(a), outboxKey(b, count))).toBe(b >= a);
        expect(parseFeedKey(feedKey(a))).toBe(a);
        expect(parseOutboxKey(outboxKey(a, count))).toEqual({ first: a, count });
        const document = new Uint8Array(16).fill(0xff);
        expect(Math.sign(compareBytes(tailKey(document, a), tailKey(document, b)))).toBe(Math.sign(a - b));
      }),
    );
  });
});
