import { concat, limits } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { admitUpdate, versionOfUpdate } from './admit.ts';
import { withEntries } from './shared-map.ts';
import { collected, content, craftUpdate, json } from './testing/craft-update.ts';
import { limitCases, malformedContents, smuggledPrototypes } from './testing/hostile-updates.ts';
import { unwrap, verdict } from './testing/log.ts';
import { emptyVersion, type Version } from './version.ts';

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex');
const one = (struct: Parameters<typeof craftUpdate>[0][number]['structs'][number]): Uint8Array =>
  craftUpdate([{ client: 1, structs: [struct] }]);
const any = (bytes: Uint8Array): Uint8Array => one({ kind: 8, content: concat(Uint8Array.of(1), bytes) });
const knowsTen: Version = { stateVector: new Map([[1, 10]]), deleteSet: new Map() };

describe('one meaning, one encoding', () => {
  it.each([
    ['nothing', hex(''), emptyVersion, 'unexpected end'],
    ['a trailing byte', hex('0000 00'), emptyVersion, 'trailing'],
    ['an update cut short', hex('01 01 01 00 04 01 04 74657874 05 6865'), emptyVersion, 'unexpected end'],
    ['a number longer than it needs', hex('80 00 00'), emptyVersion, 'longer than it needs'],
    ['a signed number longer than it needs', any(hex('7d 80 00')), emptyVersion, 'longer than it needs'],
    ['a client without structs', hex('01 00 01 00 00'), emptyVersion, 'without structs'],
    [
      'a client twice',
      craftUpdate([
        { client: 1, structs: [{}] },
        { client: 1, clock: 1, structs: [{}] },
      ]),
      emptyVersion,
      'client twice',
    ],
    [
      'a client deleted from twice',
      craftUpdate(
        [],
        [
          [1, [0, 1]],
          [1, [2, 1]],
        ],
      ),
      knowsTen,
      'client twice',
    ],
    ['a client without deletes', craftUpdate([], [[1]]), knowsTen, 'without deletes'],
    ['a range without length', craftUpdate([], [[1, [0, 0]]]), knowsTen, 'without length'],
    ['ranges out of order', craftUpdate([], [[1, [5, 1], [0, 1]]]), knowsTen, 'out of order'],
    ['ranges that overlap', craftUpdate([], [[1, [0, 3], [2, 2]]]), knowsTen, 'out of order'],
    [
      'GC without length',
      craftUpdate([{ client: 1, structs: [collected(0, 0)] }]),
      emptyVersion,
      'without length',
    ],
    ['an empty string', one({ content: content('') }), emptyVersion, 'without length'],
    ['a list without values', one({ kind: 8, content: content(0) }), emptyVersion, 'without length'],
    ['deleted content without length', one({ kind: 1, content: content(0) }), emptyVersion, 'without length'],
    [
      'GC with bits of an item',
      craftUpdate([{ client: 1, structs: [{ ...collected(0, 1), extraBits: 0x20 }] }]),
      emptyVersion,
      'unknown struct',
    ],
    [
      'a skip at the end',
      craftUpdate([{ client: 1, structs: [{}, collected(10, 3)] }]),
      emptyVersion,
      'skip at the end',
    ],
    ['an unknown kind of content', one({ kind: 11 }), emptyVersion, 'unknown content'],
    ['an unknown kind of parent', hex('01 01 01 00 04 02 0100 00'), emptyVersion, 'unknown kind of parent'],
  ])('D10: %s is refused', (_what, update, known, why) => {
    expect(admitUpdate(update, known)).toMatchObject({
      ok: false,
      error: { code: 'UPDATE_MALFORMED', message: expect.stringContaining(why) },
    });
  });

  it('D10: bytes appended to an update do not make another one', () => {
    const update = one({});
    expect(verdict(update)).toBe('novel');
    for (const tail of [0, 1, 255]) {
      expect(verdict(concat(update, Uint8Array.of(tail)))).toBe('UPDATE_MALFORMED');
    }
  });
});

describe('limits', () => {
  it.each(limitCases)('D11: %s', (_what, update, expected) => {
    expect(verdict(update)).toBe(expected);
  });

  it('D11: brackets inside of strings are no levels', () => {
    const text = JSON.stringify({ text: `"${'[{'.repeat(200)}\\` });
    expect(verdict(one({ kind: 5, content: json(text) }))).toBe('novel');
  });

  it('D11: as many structs as allowed, and one more', () => {
    const structs = (count: number): Uint8Array =>
      concat(content(1, count, 1, 0), hex(`${'0001'.repeat(count)}00`));
    expect(verdict(structs(limits.structsPerUpdate))).toBe('novel');
    expect(verdict(structs(limits.structsPerUpdate + 1))).toBe('UPDATE_LIMIT');
    // A document may have grown past it in many updates: reading our own state is not bounded.
    expect(versionOfUpdate(structs(limits.structsPerUpdate + 1)).ok).toBe(true);
  });

  it('D11: as many clients as allowed, and one more, in one update or in many', () => {
    const clients = (count: number, first = 1): Uint8Array =>
      craftUpdate(
        Array.from({ length: count }, (_, i) => ({ client: first + i, structs: [collected(0, 1)] })),
      );
    const full = clients(limits.clientsPerDocument);
    expect(verdict(full)).toBe('novel');
    expect(verdict(clients(limits.clientsPerDocument + 1))).toBe('UPDATE_LIMIT');
    const known = unwrap(versionOfUpdate(full));
    expect(verdict(clients(1, limits.clientsPerDocument + 1), known)).toBe('UPDATE_LIMIT');
    const oneLess: Version = {
      ...known,
      stateVector: withEntries(new Map([...known.stateVector].slice(1)), []),
    };
    expect(verdict(clients(1, limits.clientsPerDocument + 1), oneLess)).toBe('novel');
  });
});

describe('content', () => {
  it.each(smuggledPrototypes)('D12: __proto__ as the key of %s is refused', (_what, update) => {
    expect(admitUpdate(update, emptyVersion)).toMatchObject({
      ok: false,
      error: { code: 'UPDATE_MALFORMED', message: expect.stringContaining('__proto__') },
    });
  });

  it('D12: as a value it is a word like any other', () => {
    expect(verdict(any(concat(Uint8Array.of(119), content('__proto__'))))).toBe('novel');
    expect(verdict(one({ kind: 5, content: json('{"a":"__proto__","b":"\\u00fc"}') }))).toBe('novel');
  });

  it.each(malformedContents)('D14: %s is refused', (_what, update) => {
    expect(verdict(update)).toBe('UPDATE_MALFORMED');
  });

  it('D14: text counts in UTF-16 units, as in Yjs', () => {
    for (const text of ['plain', 'größe', '好的', '𝒳 and 🙂', '\u{10ffff}\ud7ff\ue000\u07ff\u0800\uffff']) {
      const update = one({ content: content(text) });
      expect(unwrap(versionOfUpdate(update)).stateVector.get(1)).toBe(text.length);
      const document = new Y.Doc();
      Y.applyUpdate(document, update);
      expect(document.getText('text').toString()).toBe(text);
    }
  });

  it('D14: every kind of value that lib0 writes is taken', () => {
    const document = new Y.Doc();
    const values = [
      null,
      -0,
      63,
      -64,
      2 ** 31 - 1,
      -(2 ** 31),
      2 ** 40,
      0.5,
      0.1,
      Number.NaN,
      true,
      false,
      'ü',
      [],
      {},
    ];
    document.getArray('list').insert(0, [...values, [undefined, values], { values, none: undefined }]);
    document.getMap('map').set('big', BigInt('-9007199254740993'));
    document.getMap('map').set('bytes', new Uint8Array(300));
    document.getMap('map').set('sub', new Y.Doc({ autoLoad: true, meta: { a: [1] } }));
    expect(verdict(Y.encodeStateAsUpdate(document))).toBe('novel');
  });
});
