import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HearsayNode } from '../node.ts';
import { hostileRequests } from '../testing/hostile-requests.ts';
import { exchange, statusesOf } from '../testing/raw-http.ts';
import { Bench } from '../testing/running-node.ts';

const bench = new Bench();
let node: HearsayNode;

beforeAll(async () => {
  node = await bench.node();
});

afterAll(() => bench.end());

describe('hostile requests', () => {
  test.each(hostileRequests)('A152: $name', async ({ text, statuses }) => {
    const heard = await exchange(node.port, text);
    expect(statusesOf(heard)).toEqual(statuses);
    expect(heard.toLowerCase()).not.toContain('sec-websocket-extensions');
  });

  test('A143: who sends a token in the address is told how to send it, and it is not logged', async () => {
    for (const { text } of hostileRequests.filter(({ name }) => name.startsWith('a token'))) {
      expect(await exchange(node.port, text)).toContain('hearsay.token.TOKEN');
    }
    expect(bench.logged).toContain('handshake refused');
    expect(bench.logged).not.toContain('canary-in-an-address');
  });

  test('A21: these are the headers of every answer, whatever it is', async () => {
    const style = /style-src 'sha256-[A-Za-z0-9+/]{43}='/;
    for (const path of ['/', '/healthz', '/nothing', '/api/documents/default/%ff', '/api/documents']) {
      const { headers } = await fetch(`${node.httpUrl}${path}`);
      const security = [...headers]
        .filter(([name]) => !/^(content-(type|length)|date|connection|keep-alive|x-request-id)$/.test(name))
        .map(([name, value]) => [name, value.replace(style, "style-src 'HASH'")]);
      expect(Object.fromEntries(security)).toEqual({
        'cache-control': 'no-store',
        'content-security-policy':
          "default-src 'none'; style-src 'HASH'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      });
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});
