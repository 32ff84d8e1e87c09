import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterEach, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import { Bench, closeCode } from '../testing/running-node.ts';
import { keySet } from './token-keys.ts';
import { Tokens } from './tokens.ts';

const endings: (() => unknown)[] = [];

afterEach(async () => {
  vi.useRealTimers();
  for (const ending of endings.splice(0).reverse()) await ending();
});

async function keyPair(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true });
  const token = (): Promise<string> =>
    new SignJWT({ hearsay: [{ collection: '*', documents: '*', allow: ['read'] }] })
      .setProtectedHeader({ alg: 'EdDSA', kid })
      .setSubject('ann')
      .setIssuedAt()
      .setExpirationTime('10 min')
      .sign(privateKey);
  return { token, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA' } };
}

/** Whoever publishes keys; what is published, and how often it was asked. */
async function publisher() {
  const state: { keys: JWK[]; status: number; asked: number } = { keys: [], status: 200, asked: 0 };
  const server = createServer((_request, response) => {
    state.asked++;
    response.writeHead(state.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: state.keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endings.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { state, url: `http://127.0.0.1:${address.port}/keys.json` };
}

test('A78: keys are fetched from their address, new ones within half a minute, and a flood of unknown ones asks no more often', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const { state, url } = await publisher();
  const [first, second] = [await keyPair('k1'), await keyPair('k2')];
  const tokens = new Tokens({
    keys: keySet(url),
    issuer: undefined,
    audience: undefined,
    maxAgeMs: 3_600_000,
    now: () => Date.now(),
  });
  state.keys = [first.jwk];
  expect(await tokens.check(await first.token())).toMatchObject({ ok: true, bearer: { subject: 'ann' } });
  expect(await tokens.check(await first.token())).toMatchObject({ ok: true });
  expect(state.asked).toBe(1);
  state.keys = [first.jwk, second.jwk];
  for (let attempt = 0; attempt < 20; attempt++) {
    expect(await tokens.check(await second.token())).toMatchObject({ ok: false });
  }
  expect(state.asked).toBe(1);
  vi.setSystemTime(Date.now() + 31_000);
  expect(await tokens.check(await second.token())).toMatchObject({ ok: true });
  expect(state.asked).toBe(2);
  // A key that is withdrawn is void once the set is fetched again.
  state.keys = [second.jwk];
  vi.setSystemTime(Date.now() + 601_000);
  expect(await tokens.check(await first.token())).toMatchObject({ ok: false, isTemporary: false });
  expect(await tokens.check(await second.token())).toMatchObject({ ok: true });
});

test('A78: while the keys cannot be had a token is refused for now, not for good', async () => {
  const { state, url } = await publisher();
  const { token, jwk } = await keyPair('k1');
  const tokens = new Tokens({
    keys: keySet(url),
    issuer: undefined,
    audience: undefined,
    maxAgeMs: 3_600_000,
    now: () => Date.now(),
  });
  state.status = 503;
  expect(await tokens.check(await token())).toMatchObject({ ok: false, isTemporary: true });
  state.status = 200;
  state.keys = [jwk];
  expect(await tokens.check(await token())).toMatchObject({ ok: true });
});

test('A78: a client whose token cannot be checked now is told to come back, not turned away for good', async () => {
  const { state, url } = await publisher();
  state.status = 503;
  const bench = new Bench();
  endings.push(() => bench.end());
  const node = await bench.node({ tokenKeys: url });
  const { token } = await keyPair('k1');
  const socket = new WebSocket(`${node.clientUrl}/a`, ['hearsay', `hearsay.token.${await token()}`]);
  endings.push(() => socket.terminate());
  socket.on('error', () => {}).on('open', () => socket.send(Uint8Array.of(0, 0, 1, 0)));
  expect(await closeCode(socket)).toBe(4513);
});
