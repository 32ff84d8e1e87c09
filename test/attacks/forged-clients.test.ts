import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concat } from '@hearsay/core';
import { createHearsay } from '@hearsay/server';
import { SignJWT } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { eventually } from '../support/eventually.ts';

const endings: (() => unknown)[] = [];
const tokenSecret = 'c6bad3e18f705924b2e3d4f506172839';

afterEach(async () => {
  for (const ending of endings.splice(0).reverse()) await ending();
});

function tokenOf(user: string): Promise<string> {
  return new SignJWT({ hearsay: [{ collection: 'default', documents: '*', allow: ['write'] }] })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime('10 min')
    .sign(new TextEncoder().encode(tokenSecret));
}

function varUint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varUint(Math.floor(value / 128))];
}

/** An update of one GC struct: so many clocks of a client, as if written and collected. */
function forgedGc(client: number, clock: number, length: number): Uint8Array {
  return Uint8Array.of(1, 1, ...varUint(client), ...varUint(clock), 0, ...varUint(length), 0);
}

describe('forged structs', () => {
  it('X8: what is forged at the next clocks of a colleague who is offline is refused, and her edits arrive whole', async () => {
    const data = await mkdtemp(join(tmpdir(), 'hearsay-attacks-'));
    endings.push(() => rm(data, { recursive: true }));
    const node = await createHearsay({ port: 0, data, logLevel: 'silent', tokenSecret });
    endings.push(() => node.stop());
    const alice = new Y.Doc();
    const provider = new WebsocketProvider(node.clientUrl, 'a', alice, {
      WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
      disableBc: true,
      protocols: ['hearsay', `hearsay.token.${await tokenOf('alice')}`],
    });
    endings.push(() => provider.destroy());
    await eventually('in sync', () => provider.synced);
    alice.getText('text').insert(0, 'before. ');
    const stored = async (): Promise<unknown> => {
      const headers = { authorization: `Bearer ${await tokenOf('reader')}` };
      const answer = await fetch(`${node.httpUrl}/api/documents/default/a`, { headers });
      return answer.ok ? ((await answer.json()) as { content: unknown }).content : undefined;
    };
    await eventually('it to be stored', async () => (await stored()) !== undefined);
    const clock = Y.decodeStateVector(Y.encodeStateVector(alice)).get(alice.clientID) ?? 0;
    provider.disconnect();
    const before = Y.encodeStateAsUpdate(alice);
    alice.getText('text').insert(8, 'Written offline.');

    const forged = forgedGc(alice.clientID, clock, 100_000);
    const naive = new Y.Doc();
    for (const update of [before, forged, Y.encodeStateAsUpdate(alice)]) Y.applyUpdate(naive, update);
    expect(naive.getText('text').toString()).toBe('before. ');
    const mallory = new WebSocket(`${node.clientUrl}/a`, [
      'hearsay',
      `hearsay.token.${await tokenOf('mallory')}`,
    ]);
    endings.push(() => mallory.terminate());
    await once(mallory, 'open');
    mallory.send(Uint8Array.of(0, 0, 1, 0));
    await once(mallory, 'message');
    mallory.send(concat(Uint8Array.of(0, 2, forged.byteLength), forged));
    expect((await once(mallory, 'close'))[0]).toBe(4403);

    provider.connect();
    await eventually('her edits to be stored', async () => {
      const content = (await stored()) as { readonly text?: string };
      return content.text === 'before. Written offline.';
    });
  });
});
