import { afterEach, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import { keyPair, publishKeys } from '../testing/published-keys.ts';
import { Bench, closeCode } from '../testing/running-node.ts';
import { keySet } from './token-keys.ts';
import { Tokens } from './tokens.ts';

const endings: (() => unknown)[] = [];

afterEach(async () => {
  vi.useRealTimers();
  for (const ending of endings.splice(0).reverse()) await ending();
});

test('A78: keys are fetched from their address, new ones within half a minute, and a flood of unknown ones asks no more often', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const { state, url } = await publishKeys((ending) => endings.push(ending));
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
  vi.setSystemTime(Date.now() + 61_000);
  expect(await tokens.check(await first.token())).toMatchObject({ ok: false, isTemporary: false });
  expect(await tokens.check(await second.token())).toMatchObject({ ok: true });
});

test('A78: while the keys cannot be had a token is refused for now, not for good', async () => {
  const { state, url } = await publishKeys((ending) => endings.push(ending));
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
  const { state, url } = await publishKeys((ending) => endings.push(ending));
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
