import { afterEach, describe, expect, test } from 'vitest';
import { app, closeApps, headers, node, secret } from '../testing/http-app.ts';
import { adminToken } from './admin-access.ts';

afterEach(closeApps);

async function post(path: string, payload: string, isOperator = true) {
  const authorization = isOperator ? { authorization: `Bearer ${await adminToken(secret, node)}` } : {};
  return app().inject({
    method: 'POST',
    url: `/api/admin/${path}`,
    headers: { ...headers, ...authorization, 'content-type': 'application/json' },
    payload,
  });
}

describe('many documents over HTTP', () => {
  test('A200: an operator deletes, brings back and counts a page of documents, and nobody else', async () => {
    const deleted = await post('deletions', '{"collection":"notes","prefix":"a","limit":7,"run":"r-1"}');
    expect(deleted.json()).toEqual({
      documents: 2,
      failed: [{ name: 'notes|a', code: 'DOCUMENT_DAMAGED' }],
      next: 'more',
    });
    expect((await post('undeletions', '{"collection":"notes"}')).json()).toMatchObject({ documents: 3 });
    expect((await post('deletions', '{"collection":"notes","limit":7,"dryRun":true}')).json()).toEqual({
      documents: 7,
      failed: [],
      next: null,
    });
    for (const path of ['deletions', 'undeletions']) {
      expect((await post(path, '{"collection":"notes"}', false)).statusCode).toBe(401);
    }
    const busy = await post('deletions', '{"collection":"notes","prefix":"full"}');
    expect([busy.statusCode, busy.json().error.code]).toEqual([503, 'NOT_READY']);
  });

  test.each([
    '{}',
    '{"collection":7}',
    '{"collection":""}',
    '{"collection":"notes","limit":0}',
    '{"collection":"notes","limit":1001}',
    '{"collection":"notes","limit":1.5}',
    '{"collection":"notes","dryrun":true}',
    '{"collection":"notes","dryRun":"true"}',
    '{"collection":"notes","dryRun":true,"dryRun":false}',
    '{"collection":"notes","run":"a b"}',
    '{"collection":"notes","after":"\\u0000"}',
    '[]',
    '',
  ])('A200: %s is refused whole', async (payload) => {
    for (const path of ['deletions', 'undeletions']) {
      expect((await post(path, payload)).statusCode).toBe(400);
    }
  });

  test('A200: a page of what is to be brought back begins where one before it ended', async () => {
    expect((await post('undeletions', '{"collection":"notes","after":"a name"}')).statusCode).toBe(400);
    const after = 'ab'.repeat(16);
    expect((await post('undeletions', JSON.stringify({ collection: 'notes', after }))).statusCode).toBe(200);
  });
});
