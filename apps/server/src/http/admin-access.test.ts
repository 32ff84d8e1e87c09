import { createHmac } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { SignJWT } from 'jose';
import { afterEach, expect, test } from 'vitest';
import { openAccess } from '../access/access.ts';
import { runCli } from '../cli/program.ts';
import {
  admin,
  app,
  closeApps,
  damage,
  deletions,
  headers,
  key,
  manyDocuments,
  node,
  revocations,
  secret,
  shelf,
} from '../testing/http-app.ts';
import { Bench } from '../testing/running-node.ts';
import { adminToken, createAdminAccess } from './admin-access.ts';
import { UsedProofs } from './used-proofs.ts';

const bench = new Bench();

afterEach(async () => {
  await closeApps();
  await bench.end();
});

type Method = 'GET' | 'HEAD' | 'POST' | 'DELETE';

const once: readonly (readonly [Method, string, number])[] = [
  ['POST', '/api/admin/repair', 200],
  ['POST', `/api/admin/damaged/${key}/salvage`, 200],
  ['DELETE', `/api/admin/parked/${key}`, 200],
  ['DELETE', '/api/documents/default/gone', 200],
  ['DELETE', '/api/documents/default/gone?dryRun=true', 200],
  ['POST', '/api/deleted/default/gone', 200],
  ['POST', '/api/revocations', 400],
  ['GET', '/api/admin/backup', 200],
  ['HEAD', '/api/admin/backup', 200],
  ['GET', '/api/admin/%62ackup', 200],
];

test.each(once)('A190: a proof is good for %s %s once', async (method, url, status) => {
  const made = app();
  const authorization = `Bearer ${await adminToken(secret, node)}`;
  const ask = () => made.inject({ method, url, headers: { ...headers, authorization } });
  const other = await adminToken(secret, node);
  expect((await ask()).statusCode).toBe(status);
  expect((await ask()).statusCode).toBe(401);
  const more = { ...headers, authorization: `Bearer ${other}` };
  expect((await made.inject({ method, url, headers: more })).statusCode).toBe(status);
});

test.each(once)('A190: for %s %s a proof names the node, as it runs now', async (method, url) => {
  const [replica, incarnation] = node.split('/');
  const proofs = [
    await adminToken(secret),
    await adminToken(secret, `${replica}/${Number(incarnation) - 1}`),
    await adminToken(secret, `c${replica?.slice(1)}/${incarnation}`),
  ];
  for (const proof of proofs) {
    const authorization = `Bearer ${proof}`;
    const answer = await app().inject({ method, url, headers: { ...headers, authorization } });
    expect(answer.statusCode).toBe(401);
  }
});

test('A190: what only reads takes a proof as often as it is shown', async () => {
  const made = app({ hasTokens: true });
  const authorization = `Bearer ${await adminToken(secret)}`;
  for (const url of ['/api/status', '/api/status', '/api/deleted', '/api/deleted', '/api/revocations']) {
    expect((await made.inject({ url, headers: { ...headers, authorization } })).statusCode).toBe(200);
  }
});

test.each([undefined, 'x'.repeat(65)])('A190: a proof with the id %s changes nothing', async (id) => {
  const proof = await adminToken(secret, node);
  const claims = JSON.parse(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString());
  const signed = await new SignJWT({ ...claims, jti: id })
    .setProtectedHeader({ alg: 'HS256', typ: 'hearsay-admin' })
    .sign(createHmac('sha256', secret).update('hearsay/admin/1').digest());
  const request = { method: 'POST', url: '/api/admin/repair' } as const;
  const asked = (token: string) =>
    app().inject({ ...request, headers: { ...headers, authorization: `Bearer ${token}` } });
  expect((await asked(signed)).json().error.message).toContain('has to have an id');
  expect((await asked(proof)).statusCode).toBe(200);
});

test('A191: a proof that cannot be remembered is refused, as long as that is so; none that was used is forgotten', () => {
  const proofs = new UsedProofs({ most: 3, lifeMs: 100 });
  expect(['a', 'b', 'c'].map((id, at) => proofs.take(id, at))).toEqual(['fresh', 'fresh', 'fresh']);
  expect(['d', 'a', 'd'].map((id) => proofs.take(id, 99))).toEqual(['full', 'used', 'full']);
  // The first has expired: its place is free, the others are known.
  expect(['d', 'b', 'c', 'e'].map((id) => proofs.take(id, 100))).toEqual(['fresh', 'used', 'used', 'full']);
});

test('A191: whoever is refused for want of room is told to come later, and nothing is done', async () => {
  let now = 0;
  let repairs = 0;
  const adminAccess = createAdminAccess({
    secret,
    host: '127.0.0.1',
    node: () => node,
    now: () => now,
    remembered: 2,
  });
  const repairing = { ...admin, repair: () => ++repairs };
  const served = {
    node,
    documents: shelf,
    damage,
    admin: repairing,
    deletions,
    manyDocuments,
    access: openAccess,
    revocations,
  };
  const made = app({ adminAccess, served: () => served });
  const repair = async (): Promise<readonly unknown[]> => {
    const authorization = `Bearer ${await adminToken(secret, node)}`;
    const request = { method: 'POST', url: '/api/admin/repair' } as const;
    const answer = await made.inject({ ...request, headers: { ...headers, authorization } });
    return [answer.statusCode, answer.headers['retry-after'], repairs];
  };
  expect([await repair(), await repair(), await repair()]).toEqual([
    [200, undefined, 1],
    [200, undefined, 2],
    [503, '1', 2],
  ]);
  now = 419_999;
  expect(await repair()).toEqual([503, '1', 2]);
  now = 420_000;
  expect(await repair()).toEqual([200, undefined, 3]);
});

async function printed(...given: readonly string[]): Promise<string> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const { signal } = new AbortController();
  const status = await runCli({ arguments: given, environment: {}, stdout, stderr, stop: signal });
  expect([status, String(stderr.read() ?? '')]).toEqual([0, '']);
  return String(stdout.read()).trim();
}

test('A190: of real nodes: a proof that `hearsay proof` prints works once, at no other node, and not after a restart', async () => {
  const data = await bench.directory();
  const options = { cluster: 'proofs', secret };
  const first = await bench.node({ ...options, data });
  const second = await bench.node(options);
  const given = ['--node', first.httpUrl, '--secret', secret];
  const repair = async (url: string, proof: string): Promise<number> => {
    const authorization = `Bearer ${proof}`;
    return (await fetch(`${url}/api/admin/repair`, { method: 'POST', headers: { authorization } })).status;
  };
  const [used, unused] = [await printed('proof', ...given), await printed('proof', ...given)];
  expect(await repair(second.httpUrl, used)).toBe(401);
  expect([await repair(first.httpUrl, used), await repair(first.httpUrl, used)]).toEqual([200, 401]);
  await first.stop();
  const again = await bench.node({ ...options, data });
  expect([await repair(again.httpUrl, used), await repair(again.httpUrl, unused)]).toEqual([401, 401]);
  // Every request of a command has a proof of its own.
  const revoke = ['revoke', '--node', again.httpUrl, '--secret', secret, '--token'];
  expect([await printed(...revoke, 'a'), await printed(...revoke, 'b')]).toEqual([
    'token a revoked',
    'token b revoked',
  ]);
});
