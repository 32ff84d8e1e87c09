import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8Encode } from './bytes.ts';
import { digestOf, sha256 } from './hash.ts';
import { collectionName, documentId, documentKey, isReplicaId, namePrefix } from './ids.ts';
import { limits } from './limits.ts';
import { sha256 as portableSha256 } from './platform/sha256.ts';

const refused = [
  '',
  ' ',
  '\u3000',
  '.',
  '..',
  'a/../b',
  './a',
  'a/.',
  'a\0b',
  'a\nb',
  'a\rb',
  'a\tb',
  '\u007f',
  '\u0085',
  'a\u202eb',
  'a\u2066b',
  'a\u200fb',
  'a\u2028b',
  '\ud800',
  'a\udc00b',
  'a\ud801',
  'x'.repeat(513),
  'é'.repeat(257),
  '👩'.repeat(129),
];
const taken = [
  'a',
  'notes/today',
  'a b',
  '...',
  '.hidden',
  'a..b',
  'ü',
  '日本語',
  '👩‍💻',
  'a!b',
  'a:b',
  '%2e%2e',
  'a\\b',
  '__proto__',
  'constructor',
  '$(x)',
  "'; drop",
  '<script>',
  'x'.repeat(512),
  'a//b',
  '/a',
  'a/',
];

describe('names', () => {
  it.each(refused.map((name) => [JSON.stringify(name).slice(0, 30), name]))('K4: refuses %s', (_, name) => {
    expect(documentId('default', name)).toMatchObject({
      ok: false,
      error: { code: 'NAME_INVALID', retry: false },
    });
    expect(documentId(name, 'a').ok).toBe(false);
  });

  it.each(taken.map((name) => [JSON.stringify(name).slice(0, 30), name]))('K4: takes %s', (_, name) => {
    expect(documentId('default', name)).toEqual({ ok: true, value: { collection: 'default', name } });
  });

  it('K4: what names begin with is checked and composed like names; of its last segment more may follow', () => {
    for (const prefix of ['', '.', '..', 'a/.', 'a/..', ' ', 'x'.repeat(512), ...taken])
      expect(namePrefix(prefix)).toEqual({ ok: true, value: prefix });
    for (const prefix of ['../', '../..', './a', 'a/../', '\0', 'a\nb', 'a\u202e', '\ud800', 'x'.repeat(513)])
      expect(namePrefix(prefix).ok).toBe(false);
    expect(namePrefix('e\u0301/e\u0301')).toEqual({ ok: true, value: '\u00e9/\u00e9' });
    expect(collectionName('e\u0301')).toEqual({ ok: true, value: '\u00e9' });
    for (const name of ['', '..', 'a\0', 'x'.repeat(129)]) expect(collectionName(name).ok).toBe(false);
  });

  it('K4: one name however it is composed', () => {
    const composed = documentId('default', 'caf\u00e9');
    expect(documentId('default', 'cafe\u0301')).toEqual(composed);
  });

  it('K4: different documents have different keys, also across collections', () => {
    const keys = new Set(
      ['a', 'b', 'ab'].flatMap((collection) =>
        ['a', 'b', 'bb', 'abb'].map((name) => documentKey({ collection, name })),
      ),
    );
    expect(keys.size).toBe(12);
    for (const key of keys) expect(isReplicaId(key)).toBe(true);
  });

  it('K4: whatever is taken is bounded and well-formed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (raw) => {
        const id = documentId('default', raw);
        if (!id.ok) return;
        expect(id.value.name.isWellFormed()).toBe(true);
        expect(utf8Encode(id.value.name).byteLength).toBeLessThanOrEqual(limits.documentNameBytes);
        expect(documentId('default', id.value.name)).toEqual(id);
      }),
    );
  });

  it('K5: SHA-256 is the same in Node and in browsers', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        expect(Uint8Array.from(sha256(bytes))).toEqual(portableSha256(bytes));
      }),
    );
  });

  it('K5: a digest tells domains and boundaries apart', () => {
    const [a, b, ab] = [utf8Encode('a'), utf8Encode('b'), utf8Encode('ab')];
    const digests = [
      digestOf('x', ab),
      digestOf('x', a, b),
      digestOf('xa', b),
      digestOf('y', ab),
      digestOf('x', b, a),
    ];
    expect(new Set(digests).size).toBe(digests.length);
    expect(digestOf('x', ab)).toBe(digestOf('x', ab));
    expect(digestOf('x')).toMatch(/^[0-9a-f]{32}$/);
  });
});
