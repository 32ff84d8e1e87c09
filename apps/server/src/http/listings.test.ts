import { afterEach, describe, expect, test } from 'vitest';
import { openAccess } from '../access/access.ts';
import {
  admin,
  app,
  closeApps,
  damage,
  deletions,
  get,
  gone,
  headers,
  manyDocuments,
  revocations,
  secret,
  shelf,
} from '../testing/http-app.ts';
import { adminToken } from './admin-access.ts';

afterEach(closeApps);

interface Page {
  readonly documents?: unknown[];
  readonly revocations?: unknown[];
  readonly next: string | null;
}

describe('listings', () => {
  test('A19: listings have pages, a prefix and a bound', async () => {
    expect((await get('/api/documents')).json()).toEqual({
      collection: 'default',
      documents: [{ name: 'default|||100', digest: 'd' }],
      next: 'more',
    });
    const url = '/api/documents?collection=notes&prefix=a%2F&after=a%2Fb&limit=7';
    expect((await get(url)).json().documents[0].name).toBe('notes|a/|a/b|7');
    expect((await get('/api/collections')).json()).toEqual({
      collections: ['default', 'notes'],
      next: null,
    });
    expect((await get('/api/collections?limit=1')).json()).toEqual({
      collections: ['default'],
      next: 'default',
    });
    expect((await get('/api/collections?limit=1&after=default')).json()).toEqual({
      collections: ['notes'],
      next: null,
    });
  });

  test('A144: what a listing is of is normalised like a name', async () => {
    const url = '/api/documents?collection=cafe%CC%81&prefix=e%CC%81/.&after=e%CC%81';
    expect((await get(url)).json()).toMatchObject({
      collection: 'caf\u00e9',
      documents: [{ name: 'caf\u00e9|\u00e9/.|\u00e9|100' }],
    });
  });

  test('A144: what is deleted and what is void is listed in pages', async () => {
    const authorization = `Bearer ${await adminToken(secret)}`;
    const many = Array.from({ length: 1203 }, (_, index) => 10_000 + index);
    const kept: typeof deletions.kept = async (after, limit) => {
      const begin = after === null ? 0 : Number.parseInt(after, 16);
      const next = begin + limit < many.length ? (begin + limit).toString(16).padStart(32, '0') : null;
      return { documents: many.slice(begin, begin + limit).map((n) => ({ ...gone, name: `n${n}` })), next };
    };
    const list = () => many.map((n) => ({ token: `t${n}`, until: gone.deletedAt }));
    const served = {
      node: 'here',
      documents: shelf,
      damage,
      admin,
      deletions: { ...deletions, kept },
      manyDocuments,
      access: openAccess,
      revocations: { ...revocations, list },
    };
    const made = app({ served: () => served });
    for (const path of ['/api/deleted', '/api/revocations']) {
      const pages: unknown[][] = [];
      for (let after: string | null = ''; after !== null; ) {
        const url: string = `${path}?after=${encodeURIComponent(after)}`;
        const answer = await made.inject({ url, headers: { ...headers, authorization } });
        const body = answer.json() as Page;
        pages.push(body.documents ?? body.revocations ?? []);
        after = body.next;
      }
      expect(pages.map((page) => page.length)).toEqual([500, 500, 203]);
      expect(new Set(pages.flat().map((item) => JSON.stringify(item))).size).toBe(1203);
      const limited = await made.inject({
        url: `${path}?limit=1001`,
        headers: { ...headers, authorization },
      });
      expect(limited.statusCode).toBe(400);
    }
  });
});
