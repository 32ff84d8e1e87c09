import { Writable } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { openAccess } from '../access/access.ts';
import { createLog } from '../telemetry/log.ts';
import {
  admin,
  app,
  closeApps,
  damage,
  deletions,
  get,
  headers,
  key,
  manyDocuments,
  node,
  revocations,
  secret,
  shelf,
} from '../testing/http-app.ts';
import { adminToken, createAdminAccess } from './admin-access.ts';
import { httpErrors } from './errors.ts';
import type { TokenRevocations } from './revocations.ts';

afterEach(closeApps);

const here = { node: () => node, now: () => 0 };
const missing = 'b'.repeat(32);

describe('HTTP', () => {
  test('A17: health answers as long as the process serves, readiness says why not', async () => {
    const readiness = (): { ready: boolean; reason: string } => ({ ready: false, reason: 'STARTING' });
    expect((await get('/healthz', { readiness })).statusCode).toBe(200);
    const notYet = await get('/readyz', { readiness });
    expect([notYet.statusCode, notYet.json()]).toEqual([503, { ready: false, reason: 'STARTING', node }]);
    const ready = await get('/readyz');
    expect([ready.statusCode, ready.json()]).toEqual([200, { ready: true, node }]);
  });

  test('A17: metrics and status are there', async () => {
    expect((await get('/metrics')).headers['content-type']).toContain('text/plain');
    expect((await get('/api/status')).json()).toEqual({ node: 'here' });
  });

  test('A18: a document is JSON of its shared types, whatever its name looks like', async () => {
    expect((await get('/api/documents/default/a%2Fb%20c')).json()).toEqual({
      collection: 'default',
      name: 'a/b c',
      life: 1,
      digest: 'd',
      content: { at: ['default', 'a/b c'] },
    });
    expect((await get('/api/documents/notes/a/b')).json()).toMatchObject({
      collection: 'notes',
      name: 'a/b',
    });
    // Decoded once: what was encoded twice stays encoded once.
    expect((await get('/api/documents/notes/%252e')).json()).toMatchObject({ name: '%2e' });
  });

  test('A18: a document is one update when asked for', async () => {
    const answer = await get('/api/documents/default/a?format=update');
    expect(answer.headers['content-type']).toBe('application/octet-stream');
    expect([...answer.rawPayload]).toEqual([0, 0]);
  });

  test.each([
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    undefined,
  ])('A141: nothing is changed by a body of type %s', async (type) => {
    const authorization = `Bearer ${await adminToken(secret, node)}`;
    const changing = actions.filter(([method]) => method !== 'GET');
    expect(changing.length).toBeGreaterThan(5);
    for (const [method, url] of changing) {
      const answer = await app().inject({
        method,
        url,
        headers: { ...headers, authorization, 'content-length': '14', ...(type && { 'content-type': type }) },
        payload: Buffer.from('{"token":"abc"'),
      });
      expect([url, answer.statusCode, answer.json().error.code]).toEqual([
        url,
        415,
        'UNSUPPORTED_MEDIA_TYPE',
      ]);
    }
  });

  test.each([
    ['/api/documents?collection=..%2F..', 'NAME_INVALID'],
    ['/api/documents?collection=%00', 'NAME_INVALID'],
    ['/api/documents?collection=', 'NAME_INVALID'],
    [`/api/documents?collection=${'x'.repeat(129)}`, 'NAME_INVALID'],
    ['/api/documents?prefix=..%2F..', 'NAME_INVALID'],
    ['/api/documents?prefix=a%00', 'NAME_INVALID'],
    [`/api/documents?prefix=${'x'.repeat(513)}`, 'NAME_INVALID'],
    ['/api/documents?after=%0a', 'NAME_INVALID'],
    ['/api/documents?token=abc', 'BAD_REQUEST'],
    ['/api/nothing', 'NOT_FOUND'],
    ['/api/documents?limit=0', 'BAD_REQUEST'],
    ['/api/documents?limit=1001', 'BAD_REQUEST'],
    ['/api/documents?limit=x', 'BAD_REQUEST'],
    ['/api/documents?prefix=a&prefix=b', 'BAD_REQUEST'],
    ['/api/documents/default/a?format=xml', 'BAD_REQUEST'],
    ['/api/documents/default/a%00b', 'NAME_INVALID'],
    ['/api/documents/default/..%2Fetc', 'NAME_INVALID'],
    ['/api/documents/default/%ff', 'BAD_REQUEST'],
    ['/api/documents/default/gone', 'DOCUMENT_NOT_FOUND'],
    ['/api/documents/default/damaged', 'DOCUMENT_DAMAGED'],
    ['/api/documents/default/broken', 'INTERNAL'],
  ] as const)('A20: %s fails with %s, an id and no inside', async (url, code) => {
    const answer = await get(url);
    expect(answer.statusCode).toBe(httpErrors[code]);
    const { error } = answer.json();
    expect(error.code).toBe(code);
    expect(error.requestId).toBe(answer.headers['x-request-id']);
    expect(answer.body).not.toMatch(/secret path|\.ts|node_modules/);
  });

  test('A20: before the store is open documents are not ready', async () => {
    const answer = await get('/api/documents', { served: () => undefined });
    expect([answer.statusCode, answer.json().error.code, answer.headers['retry-after']]).toEqual([
      503,
      'NOT_READY',
      '1',
    ]);
  });

  test('A11: a forged Host is refused on every path', async () => {
    for (const url of ['/', '/api/status', '/nothing']) {
      const answer = await app().inject({ url, headers: { host: 'evil.example' } });
      expect([answer.statusCode, answer.json().error.code]).toEqual([421, 'HOST_REFUSED']);
    }
  });

  test('A21: every answer forbids sniffing, framing, caching and scripts', async () => {
    for (const url of ['/', '/healthz', '/nothing']) {
      const answer = await get(url);
      expect(answer.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'content-security-policy': expect.stringContaining("default-src 'none'"),
      });
    }
  });

  test('A65: what is damaged or parked is listed with its name and reason, in pages', async () => {
    const first = (await get('/api/damaged')).json();
    expect([first.total, first.documents.length]).toEqual([501, 500]);
    expect(first.documents[0]).toMatchObject({ collection: 'default', name: 'n0', reason: 'CHECKSUM' });
    const rest = (await get(`/api/damaged?after=${first.next}`)).json();
    expect([rest.documents.length, rest.next]).toEqual([1, null]);
    expect((await get('/api/parked')).json()).toEqual({
      total: 1,
      documents: [{ key, collection: null, name: null }],
      next: null,
    });
  });

  const actions = [
    ['DELETE', `/api/admin/parked/${key}`, 200],
    ['DELETE', `/api/admin/parked/${missing}`, 404],
    ['DELETE', '/api/admin/parked/x', 400],
    ['POST', `/api/admin/damaged/${key}/salvage`, 200],
    ['POST', `/api/admin/damaged/${missing}/salvage`, 404],
    ['POST', '/api/admin/repair', 200],
    ['DELETE', '/api/documents/default/gone', 200],
    ['DELETE', '/api/documents/default/never', 404],
    ['DELETE', '/api/documents/default/%00', 400],
    ['DELETE', '/api/documents/default/gone?life=0', 400],
    ['DELETE', '/api/documents/default/gone?dryRun=true', 200],
    ['GET', '/api/deleted', 200],
    ['GET', '/api/revocations', 200],
    ['POST', '/api/revocations', 400],
    ['POST', '/api/deleted/default/gone', 200],
    ['POST', '/api/deleted/default/never', 409],
    ['GET', '/api/admin/backup', 200],
    ['GET', '/api/admin/backup?replica=a&since=12', 200],
    ['GET', '/api/admin/backup?replica=a', 400],
    ['GET', '/api/admin/backup?replica=a&since=-1', 400],
  ] as const;

  test.each(actions)('A66: an operator may %s %s: %i', async (method, url, status) => {
    const authorization = `Bearer ${await adminToken(secret, node)}`;
    expect((await app().inject({ method, url, headers: { ...headers, authorization } })).statusCode).toBe(
      status,
    );
  });

  test.each(actions)(
    'A117: %s %s leaves a line that says who, what and what came of it',
    async (method, url, status) => {
      const lines: string[] = [];
      const output = new Writable({
        write: (chunk, _encoding, done) => {
          lines.push(String(chunk));
          done();
        },
      });
      const server = app({ log: createLog({ level: 'info', format: 'json', output }) });
      const token = await adminToken(secret, node);
      const authorization = `Bearer ${token}`;
      await server.inject({ method, url, headers: { ...headers, authorization } });
      await server.inject({ method, url, headers });
      const path = url.split('?')[0] ?? '';
      const audited = lines.map((line) => JSON.parse(line)).filter(({ code }) => code === 'AUDIT');
      const isRead = method === 'GET' && !path.endsWith('/backup');
      expect(audited.map(({ who, status }) => [who, status])).toEqual(
        isRead
          ? []
          : [
              ['cluster secret', status],
              ['nobody', 401],
            ],
      );
      for (const line of audited) expect(line).toMatchObject({ method, path, address: '127.0.0.1' });
      expect(lines.join('')).not.toContain(token);
    },
  );

  test('A66: while the secret is changed, who knows any of them is an operator', async () => {
    const next = 'e6a1f27c50b94d3899c7401bd2f86a3e';
    const both = createAdminAccess({ secret: `${next}\n${secret}`, host: '127.0.0.1', ...here });
    const rotating = app({ adminAccess: both });
    for (const [known, status] of [
      [secret, 200],
      [next, 200],
      [`${next}\n${secret}`, 200],
      [`${secret}x`, 401],
    ] as const) {
      const authorization = `Bearer ${await adminToken(known, node)}`;
      const answer = await rotating.inject({
        method: 'POST',
        url: '/api/admin/repair',
        headers: { ...headers, authorization },
      });
      expect(answer.statusCode).toBe(status);
    }
  });

  test.each([
    ['', 'null'],
    ['?replica=a&since=12', '{"replicaId":"a","cursor":12}'],
    ['?replica=a&since=12&start=b', '{"replicaId":"a","cursor":12,"start":"b"}'],
  ])('A66: a backup%s is asked for from where the last one ended', async (query, body) => {
    const authorization = `Bearer ${await adminToken(secret, node)}`;
    const url = `/api/admin/backup${query}`;
    expect((await app().inject({ url, headers: { ...headers, authorization } })).body).toBe(body);
  });

  test.each([
    ['{"token":"a","token":"b"}', 400],
    ['{"token":"a","\\u0074oken":"b"}', 400],
    ['{"token":"a","subject":"b"}', 400],
    ['{"token":"a","__proto__":{"subject":"b"}}', 400],
    ['{"token":"a","constructor":{"prototype":{"subject":"b"}}}', 400],
    ['{"token":"a","token":', 400],
    ['', 400],
    ['{"token":"a"}', 200],
  ])('A116: %s revokes what was checked, or nothing: %i', async (payload, status) => {
    const revoked: string[] = [];
    const recording: TokenRevocations = {
      ...revocations,
      revokeToken: async (token) => void revoked.push(token),
      revokeSubject: async (subject) => void revoked.push(subject),
    };
    const served = {
      node,
      documents: shelf,
      damage,
      admin,
      deletions,
      manyDocuments,
      access: openAccess,
      revocations: recording,
    };
    const authorization = `Bearer ${await adminToken(secret, node)}`;
    const answer = await app({ served: () => served }).inject({
      method: 'POST',
      url: '/api/revocations',
      headers: { ...headers, authorization, 'content-type': 'application/json' },
      payload,
    });
    expect([answer.statusCode, revoked]).toEqual([status, status === 200 ? ['a'] : []]);
  });

  test.each(actions)('A66: nobody else may %s %s', async (method, url) => {
    const forged = [
      '',
      secret,
      await adminToken(`${secret}x`, node),
      `${(await adminToken(secret, node)).slice(0, -12)}${'A'.repeat(12)}`,
    ];
    for (const token of forged) {
      const authorization = `Bearer ${token}`;
      const answer = await app().inject({ method, url, headers: { ...headers, authorization } });
      expect([answer.statusCode, answer.json().error.code]).toEqual([401, 'UNAUTHORIZED']);
    }
    expect((await app().inject({ method, url, headers })).statusCode).toBe(401);
  });

  test.each([
    ['a program on this machine', '127.0.0.1', '127.0.0.1', {}, 200],
    ['a page in its browser', '127.0.0.1', '127.0.0.1', { origin: 'http://127.0.0.1' }, 401],
    ['what a proxy passes on', '127.0.0.1', '127.0.0.1', { 'x-forwarded-for': '192.0.2.1' }, 401],
    ['another machine', '127.0.0.1', '192.0.2.1', {}, 401],
    ['anybody, where the node is public', '0.0.0.0', '127.0.0.1', {}, 401],
  ])('A66: without a secret, %s: at %s, from %s', async (_, host, remoteAddress, more, status) => {
    const adminAccess = createAdminAccess({ secret: undefined, host, ...here });
    const answer = await app({ adminAccess }).inject({
      method: 'DELETE',
      url: `/api/admin/parked/${key}`,
      headers: { ...headers, ...more },
      remoteAddress,
    });
    expect(answer.statusCode).toBe(status);
  });

  test('A22: the front page says how to connect to this very node', async () => {
    const answer = await app().inject({ url: '/', headers: { host: 'localhost:99' } });
    expect(answer.headers['content-type']).toContain('text/html');
    expect(answer.body).toContain("new WebsocketProvider('ws://localhost:99', 'my-document', doc)");
  });
});
