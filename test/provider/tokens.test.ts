import { SignJWT } from 'jose';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ProviderBench, savedText, untilState, untilText } from './bench.ts';

const bench = new ProviderBench();

afterEach(() => bench.end());

const tokenSecret = 'c6bad3e18f705924b2e3d4f506172839';

function sign(allow: 'read' | 'write', seconds = 3600): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ hearsay: [{ collection: 'default', documents: '*', allow: [allow] }] })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('somebody')
    .setIssuedAt(now)
    .setExpirationTime(now + seconds)
    .sign(new TextEncoder().encode(tokenSecret));
}

describe('tokens', () => {
  test('O17: are renewed before they end, on the connection that lives', async () => {
    const node = await bench.node({ tokenSecret });
    const given: number[] = [];
    const a = bench.client(node.clientUrl, {
      token: () => {
        given.push(Date.now());
        return sign('write', 2);
      },
    });
    await untilState(a, 'live');
    const closes: unknown[] = [];
    const states: string[] = [];
    a.provider.on('connection-close', (event) => closes.push(event));
    a.provider.on('status', ({ state }) => states.push(state.name));
    await eventually(
      'a token after the end of the first',
      () => (given.at(-1) ?? 0) > (given[0] ?? 0) + 3000,
    );
    a.text.insert(0, 'still here');
    await a.provider.whenSaved();
    expect(await savedText(node)).toBe('still here');
    expect([closes, states]).toEqual([[], []]);
  });

  test('O18: who may only read is told so, keeps its edits here, and gives them once it may', async () => {
    const node = await bench.node({ tokenSecret });
    const writer = bench.client(node.clientUrl, { token: await sign('write') });
    writer.text.insert(0, 'theirs;');
    await writer.provider.whenSaved();
    let allow: 'read' | 'write' = 'read';
    const a = bench.client(node.clientUrl, { token: () => sign(allow, 2) });
    await untilState(a, 'read-only');
    await untilText(a, 'theirs;');
    expect(a.provider.synced).toBe(true);
    a.text.insert(0, 'mine;');
    await expect(a.provider.whenSaved()).rejects.toMatchObject({ code: 'READ_ONLY' });
    expect(a.provider.unsaved).toBe(1);
    expect(await savedText(node)).toBe('theirs;');
    allow = 'write';
    await untilState(a, 'live');
    await a.provider.whenSaved();
    expect(await savedText(node)).toBe('mine;theirs;');
  });

  test('O19: a token that is not taken, or cannot be had, is a refusal with its reason, and others go on', async () => {
    const node = await bench.node({ tokenSecret });
    const good = bench.client(node.clientUrl, { token: await sign('write') }, 'good');
    const bad = bench.client(node.clientUrl, { token: 'nonsense' }, 'bad');
    const none = bench.client(
      node.clientUrl,
      { token: () => Promise.reject(new Error('the session is over')) },
      'none',
    );
    await untilState(bad, 'refused');
    await untilState(none, 'refused');
    expect(bad.provider.state).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(none.provider.state).toMatchObject({ code: 'TOKEN_UNAVAILABLE' });
    good.text.insert(0, 'x');
    await good.provider.whenSaved();
    expect(good.provider.state.name).toBe('live');
  });
});
