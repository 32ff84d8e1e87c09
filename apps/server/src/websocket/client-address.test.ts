import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { createClientAddress } from './client-address.ts';

function request(remoteAddress: string, forwarded?: string | string[]): IncomingMessage {
  return {
    socket: { remoteAddress },
    headers: { 'x-forwarded-for': forwarded },
  } as unknown as IncomingMessage;
}

const address = createClientAddress(['10.0.0.0/8', '2001:db8::5']);

describe('client address', () => {
  test.each([
    ['no proxy', '192.0.2.1', undefined, '192.0.2.1'],
    ['a forger without a proxy', '192.0.2.1', '203.0.113.9', '192.0.2.1'],
    ['one proxy', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['a forger behind a proxy', '10.0.0.1', '1.2.3.4, 203.0.113.9', '203.0.113.9'],
    ['two proxies', '2001:db8::5', '203.0.113.9, 10.9.9.9', '203.0.113.9'],
    ['headers given twice', '10.0.0.1', ['1.2.3.4', '203.0.113.9'], '203.0.113.9'],
    ['a proxy that says nothing', '10.0.0.1', undefined, '10.0.0.1'],
    ['a proxy that says nonsense', '10.0.0.1', 'unknown, <b>', '10.0.0.1'],
    ['an IPv4 proxy over an IPv6 socket', '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ])('A13: %s', (_, remote, forwarded, expected) => {
    expect(address(request(remote, forwarded))).toBe(expected);
  });
});
