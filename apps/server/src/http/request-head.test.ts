import { describe, expect, test } from 'vitest';
import { refusedHead } from './request-head.ts';

function head(httpVersion: string, url: string, names: readonly string[]) {
  return { httpVersion, url, rawHeaders: names.flatMap((name) => [name, 'a']) };
}

const plain = { isUpgrade: false, tokenInUrl: false };
const upgrade = { isUpgrade: true, tokenInUrl: false };

describe('the head of a request', () => {
  test.each([
    ['1.1', plain, undefined],
    ['1.0', plain, undefined],
    ['2.0', plain, 'HTTP_VERSION_REFUSED'],
    ['1.1', upgrade, undefined],
    ['1.0', upgrade, 'HTTP_VERSION_REFUSED'],
    ['2.0', upgrade, 'HTTP_VERSION_REFUSED'],
  ])('A142: of HTTP/%s, %o: %s', (version, kind, code) => {
    expect(refusedHead(head(version, '/', ['Host']), kind)?.code).toBe(code);
  });

  test('A142: who is asked and who asks stands once, in any letters', () => {
    expect(refusedHead(head('1.1', '/', ['Host', 'HOST']), plain)?.code).toBe('BAD_REQUEST');
    expect(refusedHead(head('1.1', '/', ['Host', 'Authorization', 'authorization']), plain)?.code).toBe(
      'BAD_REQUEST',
    );
    expect(refusedHead(head('1.1', '/', ['Host', 'Accept', 'Accept']), plain)).toBe(undefined);
  });

  test('A142: the host stands in its header alone', () => {
    for (const kind of [plain, upgrade])
      expect(refusedHead(head('1.1', 'http://evil.example/healthz', ['Host']), kind)?.code).toBe(
        'BAD_REQUEST',
      );
    expect(refusedHead(head('1.1', '*', ['Host']), plain)).toBe(undefined);
  });

  test('A142: it has 64 headers and not one more', () => {
    const names = Array.from({ length: 65 }, (_, index) => `x-${index}`);
    expect(refusedHead(head('1.1', '/', names.slice(1)), plain)).toBe(undefined);
    expect(refusedHead(head('1.1', '/', names), plain)?.code).toBe('HEADERS_TOO_LARGE');
  });

  test.each(['/a?token=x', '/a?b=c&token=x', '/a?token', '/a?%74oken=x', '/a?token=x?y'])(
    'A143: a token in the address %s is refused unless it may be there',
    (url) => {
      for (const kind of [plain, upgrade]) {
        const refused = refusedHead(head('1.1', url, ['Host']), kind);
        expect(refused?.code).toBe('BAD_REQUEST');
        expect(refused?.message).toContain('Authorization');
        expect(refusedHead(head('1.1', url, ['Host']), { ...kind, tokenInUrl: true })).toBe(undefined);
      }
    },
  );
});
