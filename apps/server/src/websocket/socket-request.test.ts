import { describe, expect, test } from 'vitest';
import { socketRequest } from './socket-request.ts';

describe('the URL of a client’s socket', () => {
  test.each([
    ['/a', 'default', 'a'],
    ['/a/b', 'default', 'a/b'],
    ['/a%2Fb%20c', 'default', 'a/b c'],
    ['/%252e', 'default', '%2e'],
    ['/100%', 'default', '100%'],
    ['/cafe%CC%81', 'default', 'caf\u00e9'],
    ['/a?x=1', 'default', 'a'],
    ['/a?collection=notes', 'notes', 'a'],
    ['/a?collection=n%C3%B6tes&x=?', 'n\u00f6tes', 'a'],
  ])('A49: %s names a document of collection %s', (url, collection, name) => {
    expect(socketRequest(url)).toEqual({
      ok: true,
      value: { collection, document: { collection, name }, token: null },
    });
  });

  test.each([
    ['/', 'default'],
    ['/?collection=notes', 'notes'],
  ])('A49: %s names none, as Hocuspocus sockets do', (url, collection) => {
    expect(socketRequest(url)).toEqual({ ok: true, value: { collection, document: null, token: null } });
  });

  test.each([
    '/..',
    '/a/../b',
    '/a%00',
    '/%20',
    `/${'x'.repeat(513)}`,
    '/a?collection=',
    '/a?collection=%00',
  ])('A49: %s is refused for good', (url) => {
    expect(socketRequest(url)).toMatchObject({ ok: false, error: { closeCode: 4404 } });
  });
});
