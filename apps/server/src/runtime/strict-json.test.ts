import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AmbiguousJson, parseStrictJson } from './strict-json.ts';

test.each([
  '{"roles":["_admin"],"roles":[]}',
  '{"a":1,"b":{"c":[{"d":1,"d":2}]}}',
  '{"roles":1,"\\u0072oles":2}',
  '{"":1,"":2}',
  '{"a":"\\"","b":"{","a":1}',
  '[{"__proto__":{"isAdmin":true}}]',
  '{"\\u005f_proto__":1}',
])('A115: %s is refused, whichever of the two anybody would take', (text) => {
  expect(() => parseStrictJson(text)).toThrow(AmbiguousJson);
});

test('A115: all other JSON is what it is to the one parser there is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.boolean(), (value, isSpaced) => {
      const text = JSON.stringify(value, null, isSpaced ? 2 : 0);
      if (text.includes('__proto__')) return;
      expect(parseStrictJson(text)).toEqual(JSON.parse(text));
    }),
  );
  for (const text of [
    '{"a":"a","b":["a","a"],"c":{"a":1}}',
    '[{"a":1},{"a":2}]',
    '"{\\"a\\":1,\\"a\\":2}"',
  ]) {
    expect(parseStrictJson(text)).toEqual(JSON.parse(text));
  }
  expect(() => parseStrictJson('{"a":1')).toThrow(SyntaxError);
});
