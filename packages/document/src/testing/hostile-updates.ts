import { concat, limits } from '@hearsay/core';
import * as Y from 'yjs';
import { collected, content, craftUpdate, json } from './craft-update.ts';

/** What it is, and the update. */
export type NamedUpdate = readonly [what: string, update: Uint8Array];

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex');
const one = (struct: Parameters<typeof craftUpdate>[0][number]['structs'][number]): Uint8Array =>
  craftUpdate([{ client: 1, structs: [struct] }]);
const any = (bytes: Uint8Array): Uint8Array => one({ kind: 8, content: concat(Uint8Array.of(1), bytes) });

/** `[[…[null]…]]`, `depth` lists deep. */
const nestedAny = (depth: number): Uint8Array => hex(`${'7501'.repeat(depth)}7e`);
const object = (key: string): Uint8Array => concat(Uint8Array.of(118, 1), content(key), Uint8Array.of(126));
const clocks = limits.clock;

/** At and past every bound of a single update, and what becomes of each. */
export const limitCases: readonly (readonly [...NamedUpdate, expected: string])[] = [
  ['a client id of 32 bits', craftUpdate([{ client: limits.clientId, structs: [{}] }]), 'novel'],
  ['a client id of 33 bits', craftUpdate([{ client: limits.clientId + 1, structs: [{}] }]), 'UPDATE_LIMIT'],
  ['an origin of 33 bits', one({ origin: [limits.clientId + 1, 0] }), 'UPDATE_LIMIT'],
  ['deletes of a client id of 33 bits', craftUpdate([], [[limits.clientId + 1, [0, 1]]]), 'UPDATE_LIMIT'],
  ['a clock up to the limit', craftUpdate([{ client: 1, structs: [collected(0, clocks)] }]), 'novel'],
  [
    'a clock past the limit',
    craftUpdate([{ client: 1, structs: [collected(0, clocks + 1)] }]),
    'UPDATE_LIMIT',
  ],
  [
    'clocks that add up past it',
    craftUpdate([{ client: 1, structs: [collected(0, clocks), {}] }]),
    'UPDATE_LIMIT',
  ],
  [
    'deletes up to it',
    craftUpdate([{ client: 1, structs: [collected(0, clocks)] }], [[1, [0, clocks]]]),
    'novel',
  ],
  ['deletes past it', craftUpdate([], [[1, [1, clocks]]]), 'UPDATE_LIMIT'],
  [`${limits.anyDepth - 1} levels`, any(nestedAny(limits.anyDepth - 1)), 'novel'],
  [`${limits.anyDepth} levels`, any(nestedAny(limits.anyDepth)), 'novel'],
  [`${limits.anyDepth + 1} levels`, any(nestedAny(limits.anyDepth + 1)), 'UPDATE_LIMIT'],
  ['100,000 levels', any(nestedAny(100_000)), 'UPDATE_LIMIT'],
  [
    `${limits.anyDepth} levels of JSON`,
    one({ kind: 5, content: json('['.repeat(limits.anyDepth) + ']'.repeat(limits.anyDepth)) }),
    'novel',
  ],
  [
    `${limits.anyDepth + 1} levels of JSON`,
    one({ kind: 5, content: json('['.repeat(limits.anyDepth + 1) + ']'.repeat(limits.anyDepth + 1)) }),
    'UPDATE_LIMIT',
  ],
  ['a million levels of JSON', one({ kind: 5, content: json('['.repeat(1_000_000)) }), 'UPDATE_LIMIT'],
];

/** The key `__proto__` wherever a key can stand. */
export const smuggledPrototypes: readonly NamedUpdate[] = [
  ['a root type', one({ parent: '__proto__' })],
  [
    'an entry of a map',
    one({ kind: 8, parent: 'map', key: '__proto__', content: content(1, Uint8Array.of(126)) }),
  ],
  ['a format', one({ kind: 6, content: concat(content('__proto__'), json('{"admin":true}')) })],
  ['an object', any(object('__proto__'))],
  ['an object inside of a list', any(concat(Uint8Array.of(117, 1), object('__proto__')))],
  ['an embedded object', one({ kind: 5, content: json('{"a":[{"__proto__":{"admin":true}}]}') })],
  ['an escaped key', one({ kind: 5, content: json('{"\\u005f_proto__":{"admin":true}}') })],
  ['JSON content', one({ kind: 2, content: concat(Uint8Array.of(1), json('{"__proto__":1}')) })],
  ['an option of a subdocument', one({ kind: 9, content: concat(content('guid'), object('__proto__')) })],
];

/** Contents that Yjs would take, or fall over, and that say nothing. */
export const malformedContents: readonly NamedUpdate[] = [
  ['text that is not UTF-8', one({ content: content(1, Uint8Array.of(0xff)) })],
  ['an overlong character', one({ content: content(2, Uint8Array.of(0xc0, 0x80)) })],
  ['an overlong character of three bytes', one({ content: content(3, Uint8Array.of(0xe0, 0x9f, 0xbf)) })],
  ['an overlong character of four', one({ content: content(4, Uint8Array.of(0xf0, 0x8f, 0xbf, 0xbf)) })],
  ['half of a surrogate pair', one({ content: content(3, Uint8Array.of(0xed, 0xa0, 0x80)) })],
  ['a character above U+10FFFF', one({ content: content(4, Uint8Array.of(0xf4, 0x90, 0x80, 0x80)) })],
  ['a character cut short', one({ content: content(2, Uint8Array.of(0xe2, 0x82)) })],
  ['an embed that is no JSON', one({ kind: 5, content: json('{a:1}') })],
  ['an empty embed', one({ kind: 5, content: json('') })],
  ['undefined as an embed', one({ kind: 5, content: json('undefined') })],
  ['a format value that is no JSON', one({ kind: 6, content: concat(content('bold'), json('yes')) })],
  ['JSON content that is none', one({ kind: 2, content: concat(Uint8Array.of(1), json('nope')) })],
  ['an unknown shared type', one({ kind: 7, content: content(7) })],
  ['an unknown kind of value', any(Uint8Array.of(115))],
  ['more values than bytes', one({ kind: 8, content: content(9_007_199_254_740_991) })],
  ['subdocument options that are null', one({ kind: 9, content: concat(content('g'), Uint8Array.of(126)) })],
  ['a subdocument that replaces its guid', one({ kind: 9, content: concat(content('g'), object('guid')) })],
  [
    'a subdocument with its own collector',
    one({ kind: 9, content: concat(content('g'), object('gcFilter')) }),
  ],
];

/** Attacks on Yjs servers that were measured or published. */
export const publishedAttacks: readonly NamedUpdate[] = [
  ['yjs#479: garbage decoded from base64', Buffer.from('garbagedoc', 'base64')],
  ['yjs#498: an empty buffer', new Uint8Array()],
  [
    'yjs#687: 27 bytes of format v2',
    Buffer.from('00010000000001000100010200001602000001fdffffffff7f0000', 'hex'),
  ],
  ['an update of format v2', Y.encodeStateAsUpdateV2(docWith('hello'))],
  ['the empty update of format v2', Y.encodeStateAsUpdateV2(new Y.Doc())],
  [
    'a client id of 2^60',
    concat(content(1, 1), Buffer.from('808080808080808010', 'hex'), content(0, 0, 1, 0)),
  ],
  [
    'a GC struct of 2^53 clocks',
    concat(content(1, 1, 1, 0, 0), Buffer.from('8080808080808010', 'hex'), content(0)),
  ],
  [
    'deep nesting in a value',
    craftUpdate([
      {
        client: 1,
        structs: [{ kind: 8, content: content(1, Buffer.from(`${'7501'.repeat(6000)}7e`, 'hex')) }],
      },
    ]),
  ],
  ['a count of structs without structs', Buffer.from('01ffffffffffffff0f0100', 'hex')],
  ['a count of deletes without deletes', Buffer.from('000101ffffffffffffff0f', 'hex')],
];

/** All that are to be refused, whoever sends them. */
export const hostileUpdates: readonly NamedUpdate[] = [
  ...limitCases
    .filter(([, , expected]) => expected !== 'novel')
    .map(([what, update]): NamedUpdate => [what, update]),
  ...smuggledPrototypes,
  ...malformedContents,
  ...publishedAttacks,
];

function docWith(text: string): Y.Doc {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, text);
  return doc;
}
