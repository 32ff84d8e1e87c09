import { ByteWriter } from '@hearsay/core';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { adminToken } from './http/admin-access.ts';
import { secureHeaders } from './http/headers.ts';
import type { HearsayNode } from './node.ts';
import { hostileRequests } from './testing/hostile-requests.ts';
import { RawClient } from './testing/raw-client.ts';
import { exchange, handshake, rawFrame, rawWebSocket } from './testing/raw-http.ts';
import { Bench } from './testing/running-node.ts';

const bench = new Bench();
const secret = 'c4b8f0e2-clustercanary-9d17a35b6c2e84f0';
const tokenSecret = 'a90d17f3-tokencanary-5b2e6c8147d3f09a';
let node: HearsayNode;
let data: string;
let token: string;
let proof: string;

beforeAll(async () => {
  data = await bench.directory();
  node = await bench.node({ data, cluster: 'canaries', secret, tokenSecret });
  proof = await adminToken(secret);
  token = await new SignJWT({
    hearsay: [{ collection: '*', documents: '*', allow: ['read', 'write', 'admin'] }],
  })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('ann')
    .setJti('canary')
    .setIssuedAt()
    .setExpirationTime('600 s')
    .sign(new TextEncoder().encode(tokenSecret));
});

afterAll(() => bench.end());

const forged = 'eyJhbGciOiJub25lIn0.eyJjYW5hcnkiOiJmb3JnZWRjYW5hcnkifQ.Zm9yZ2VkLWNhbmFyeQ';

/** What pages would run, where something rendered it. */
const markup = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "';alert(1)//",
  '</title><svg onload=alert(1)>',
  '{{7*7}}#{7*7}',
  'javascript:alert(1)',
  '<!--#exec cmd="id"-->',
];

function get(path: string, bearer?: string): Promise<string> {
  const authorization = bearer === undefined ? '' : `Authorization: Bearer ${bearer}\r\n`;
  return exchange(
    node.port,
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${authorization}\r\n`,
  );
}

async function inSocket(path: string, more: string, frame: Buffer): Promise<string> {
  const raw = await rawWebSocket(node.port, path, more);
  raw.socket.write(frame);
  await raw.closeCode();
  return raw.answer + raw.received().toString('latin1');
}

/** Everything that is answered to everything: with tokens that hold, and that do not. */
async function answers(): Promise<readonly string[]> {
  const heard = await Promise.all(hostileRequests.map(({ text }) => exchange(node.port, text)));
  for (const bearer of [undefined, token, proof, forged, secret, tokenSecret]) {
    for (const path of [
      '/',
      '/nothing',
      '/metrics',
      '/api/status',
      '/api/deleted',
      '/api/documents/default/%00',
    ])
      heard.push(await get(path, bearer));
    for (const path of [
      '/api/documents/default/..%2f..',
      '/api/documents?collection=%00',
      '/api/documents/%ff/a',
    ])
      heard.push(await get(path, bearer));
    heard.push(await get(`/api/documents?token=${bearer}`, bearer));
    heard.push(await exchange(node.port, handshake(`/a?token=${bearer}`)));
    const offered = `Sec-WebSocket-Protocol: hearsay, hearsay.token.${bearer}\r\n`;
    heard.push(await inSocket('/a', offered, rawFrame(0x82, Buffer.of(0, 2, 3, 1, 2, 3))));
    heard.push(await inSocket('/a', `Authorization: Bearer ${bearer}\r\n`, rawFrame(0x82, Buffer.of(99))));
    const login = new ByteWriter(64).varString('a').varUint(2).varUint(0).varString(String(bearer)).finish();
    heard.push(
      await inSocket('/', '', Buffer.concat([rawFrame(0x82, login), rawFrame(0x82, Buffer.of(255))])),
    );
  }
  const peer = 'Sec-WebSocket-Protocol: hearsay-peer.1\r\n';
  for (const frame of [rawFrame(0x82, Buffer.from(secret)), rawFrame(0x81, Buffer.from(token))])
    heard.push(await inSocket('/peer', peer, frame));
  return heard;
}

describe('canaries', () => {
  test('A155, A156: no answer and no line of the log tells of stacks, paths, keys or secrets', async () => {
    const heard = await answers();
    const keys = [secret, tokenSecret, token, proof, forged].flatMap((text) => [text, text.slice(-24)]);
    const inside = [
      data,
      process.cwd(),
      'node_modules',
      '.ts:',
      '.js:',
      '    at ',
      'clustercanary',
      'tokencanary',
    ];
    for (const text of [...keys, ...inside]) {
      expect(heard.filter((answer) => answer.includes(text)).map((answer) => [text, answer])).toEqual([]);
    }
    expect(bench.logged).toContain('"level":"debug"');
    for (const text of [...keys, 'clustercanary', 'tokencanary', 'forgedcanary', 'canary-in-an-address'])
      expect([text, bench.logged.includes(text)]).toEqual([text, false]);
  });

  test.each(markup)(
    'A155: %s in names and contents comes back as data that nothing renders',
    async (text) => {
      const doc = new Y.Doc();
      doc.getMap('map').set(text, text);
      const client = await RawClient.open(node, text, { token });
      expect(await client.write(Y.encodeStateAsUpdate(doc))).toBe(true);
      client.close();
      const path = `/api/documents/default/${encodeURIComponent(text)}`;
      for (const [url, status] of [
        [path, 200],
        [`${path}?format=update`, 200],
        [`/api/documents?prefix=${encodeURIComponent(text)}`, 200],
        [`/api/documents/default/${encodeURIComponent(`${text}-`)}`, 404],
        [`/${encodeURIComponent(text)}`, 404],
        [`/api/documents?limit=${encodeURIComponent(text)}`, 400],
      ] as const) {
        const answer = await fetch(`${node.httpUrl}${url}`, {
          headers: { authorization: `Bearer ${token}` },
        });
        expect([url, answer.status]).toEqual([url, status]);
        expect(answer.headers.get('content-type')).toMatch(
          /^application\/(json; charset=utf-8|octet-stream)$/,
        );
        expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
        expect(answer.headers.get('content-security-policy')).toBe(secureHeaders['content-security-policy']);
        if (url === path)
          expect(await answer.json()).toMatchObject({ name: text, content: { map: { [text]: text } } });
      }
    },
  );
});
