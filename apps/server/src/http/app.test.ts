import { Writable } from 'node:stream';
import { err, ok, taggedError } from '@hearsay/core';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, test } from 'vitest';
import { createLog } from '../telemetry/log.ts';
import { createEdgeAccess } from './access.ts';
import { type AppDeps, createApp } from './app.ts';
import type { DocumentReader } from './documents.ts';
import { httpErrors } from './errors.ts';

const apps: FastifyInstance[] = [];

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

const shelf: DocumentReader = {
  collections: async () => ['default', 'notes'],
  page: async (collection, prefix, after, limit) => ({
    documents: [{ name: `${collection}|${prefix}|${after}|${limit}`, digest: 'd' }],
    next: 'more',
  }),
  json: async ({ collection, name }) => {
    if (name === 'damaged') return err(taggedError('DOCUMENT_DAMAGED', 'is damaged'));
    if (name === 'broken') throw new Error('secret path /var/x');
    if (name === 'gone') return ok(undefined);
    return ok({
      life: 1,
      digest: 'd',
      json: new TextEncoder().encode(JSON.stringify({ at: [collection, name] })),
    });
  },
  state: async () => ok(Uint8Array.of(0, 0)),
};

function app(deps: Partial<AppDeps> = {}): FastifyInstance {
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const made = createApp({
    log: createLog({ level: 'info', format: 'json', output }),
    access: createEdgeAccess({ host: '127.0.0.1', allowOrigin: [], allowHost: [] }),
    trustProxy: [],
    metrics: new Registry(),
    readiness: () => ({ ready: true }),
    status: async () => ({ node: 'here' }),
    documents: () => shelf,
    ...deps,
  });
  apps.push(made);
  return made;
}

const headers = { host: '127.0.0.1' };

async function get(url: string, deps: Partial<AppDeps> = {}): Promise<LightMyRequestResponse> {
  return app(deps).inject({ url, headers });
}

describe('HTTP', () => {
  test('A17: health answers as long as the process serves, readiness says why not', async () => {
    const readiness = (): { ready: boolean; reason: string } => ({ ready: false, reason: 'STARTING' });
    expect((await get('/healthz', { readiness })).statusCode).toBe(200);
    const notYet = await get('/readyz', { readiness });
    expect([notYet.statusCode, notYet.json()]).toEqual([503, { ready: false, reason: 'STARTING' }]);
    expect((await get('/readyz')).statusCode).toBe(200);
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

  test('A19: listings have pages, a prefix and a bound', async () => {
    expect((await get('/api/documents')).json()).toEqual({
      collection: 'default',
      documents: [{ name: 'default|||100', digest: 'd' }],
      next: 'more',
    });
    const url = '/api/documents?collection=notes&prefix=a%2F&after=a%2Fb&limit=7';
    expect((await get(url)).json().documents[0].name).toBe('notes|a/|a/b|7');
    expect((await get('/api/collections')).json()).toEqual({ collections: ['default', 'notes'] });
  });

  test.each([
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
    const answer = await get('/api/documents', { documents: () => undefined });
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

  test('A22: the front page says how to connect to this very node', async () => {
    const answer = await app().inject({ url: '/', headers: { host: 'localhost:99' } });
    expect(answer.headers['content-type']).toContain('text/html');
    expect(answer.body).toContain("new WebsocketProvider('ws://localhost:99', 'my-document', doc)");
  });
});
