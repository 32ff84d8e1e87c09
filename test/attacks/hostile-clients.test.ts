import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concat, documentId, fromHex } from '@hearsay/core';
import { createHearsay, type HearsayNode } from '@hearsay/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { eventually } from '../support/eventually.ts';

let node: HearsayNode;
const endings: (() => unknown)[] = [];

beforeEach(async () => {
  const data = await mkdtemp(join(tmpdir(), 'hearsay-attacks-'));
  node = await createHearsay({ port: 0, data, logLevel: 'silent' });
  endings.push(
    () => rm(data, { recursive: true }),
    () => node.stop(),
  );
});

afterEach(async () => {
  for (const ending of endings.splice(0).reverse()) await ending();
});

/** Somebody who edits the document that is attacked. */
function victim(name: string): Y.Text {
  const document = new Y.Doc();
  const provider = new WebsocketProvider(node.clientUrl, name, document, {
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
  });
  endings.push(() => provider.destroy());
  return document.getText('text');
}

/** A socket that has opened the document and says what it likes; everything it hears is collected. */
async function attacker(name: string): Promise<WebSocket> {
  const socket = new WebSocket(`${node.clientUrl}/${name}`);
  socket.on('error', () => {});
  endings.push(() => socket.terminate());
  await once(socket, 'open');
  socket.send(Uint8Array.of(0, 0, 1, 0));
  await once(socket, 'message');
  return socket;
}

function update(bytes: Uint8Array): Uint8Array {
  const { byteLength } = bytes;
  if (byteLength >= 16_384) throw new Error('too long for this frame');
  const length = byteLength < 128 ? [byteLength] : [(byteLength & 127) | 128, byteLength >> 7];
  return concat(Uint8Array.of(0, 2, ...length), bytes);
}

async function contentOf(name: string): Promise<unknown> {
  const answer = await fetch(`${node.httpUrl}/api/documents/default/${name}`);
  return answer.ok ? ((await answer.json()) as { content: unknown }).content : answer.status;
}

/** What the victims write still reaches one another and the disk. */
async function expectServed(name: string, before: string): Promise<void> {
  const [one, other] = [victim(name), victim(name)];
  await eventually(
    'both to have the document',
    () => one.toString() === before && other.toString() === before,
  );
  one.insert(0, 'and on: ');
  await eventually('the other to hear', () => other.toString() === `and on: ${before}`);
  await eventually('it to be stored', async () => {
    const content = (await contentOf(name)) as { text?: string };
    return content.text === `and on: ${before}`;
  });
}

async function prepared(name: string, text: string): Promise<void> {
  victim(name).insert(0, text);
  await eventually('it to be stored', async () => (await contentOf(name)) !== 404);
}

describe('measured attacks', () => {
  it('X6: an update with whole structs and a cut delete set arrives nowhere, not even in part', async () => {
    await prepared('a', 'kept');
    const document = new Y.Doc();
    document.getText('text').insert(0, 'half applied');
    document.getText('text').delete(0, 1);
    const whole = Y.encodeStateAsUpdate(document);
    const cut = whole.subarray(0, whole.byteLength - 1);
    const naive = new Y.Doc();
    expect(() => Y.applyUpdate(naive, cut)).toThrow();
    expect(naive.getText('text').toString()).not.toBe('');
    const socket = await attacker('a');
    socket.send(update(cut));
    expect((await once(socket, 'close'))[0]).toBe(4400);
    expect(await contentOf('a')).toEqual({ text: 'kept' });
    await expectServed('a', 'kept');
  });

  it('X7: four thousand orphans, over as many sockets as it takes, cost no write and few answers, and leave nothing in the document', async () => {
    await prepared('a', 'kept');
    const { batches, changes } = node.store.status().counters;
    let sent = 0;
    let answers = 0;
    let sockets = 0;
    while (sent < 4000) {
      const socket = await attacker('a');
      sockets++;
      socket.on('message', () => answers++);
      const gone = once(socket, 'close');
      // A struct of client 77 after a clock that nobody has: 12 bytes and less.
      for (let end = sent + 500; sent < end; sent++) {
        const clock = 1 + (sent % 100);
        socket.send(update(Uint8Array.of(1, 1, 77, clock, 0x84, 77, clock - 1, 1, 120, 0)));
      }
      socket.close();
      await gone;
    }
    expect(node.store.status()).toMatchObject({ queuedBytes: 0, counters: { batches, changes } });
    expect(answers).toBeLessThan(sockets * 20);
    expect(await contentOf('a')).toEqual({ text: 'kept' });
    await expectServed('a', 'kept');
    const state = await fetch(`${node.httpUrl}/api/documents/default/a?format=update`);
    const document = new Y.Doc();
    Y.applyUpdate(document, new Uint8Array(await state.arrayBuffer()));
    expect(document.store.pendingStructs).toBe(null);
  });

  it('X10: 27 bytes of format v2 are refused at once, as an update and as a state', async () => {
    await prepared('a', 'kept');
    const bytes = fromHex('00010000000001000100010200001602000001fdffffffff7f0000');
    for (const step of [1, 2]) {
      const socket = await attacker('a');
      const frame = update(bytes);
      frame[1] = step;
      socket.send(frame);
      expect((await once(socket, 'close'))[0]).toBe(4400);
    }
    await expectServed('a', 'kept');
  });

  it('X11: names with lone surrogates name nothing, in code and in paths', async () => {
    for (const name of ['a\ud801', 'a\ud800']) expect(documentId('default', name).ok).toBe(false);
    for (const name of ['a%ED%A0%81', 'a%ED%A0%80']) expect(await contentOf(name)).toBe(400);
  });

  it('X12: six malformed bytes end their socket and nothing else', async () => {
    await prepared('a', 'kept');
    const socket = connect(Number(new URL(node.clientUrl).port), '127.0.0.1');
    socket.write(
      'GET /a HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await once(socket, 'data');
    socket.write(Buffer.alloc(6, 0xff));
    socket.resume();
    await once(socket, 'close');
    await expectServed('a', 'kept');
  });
});
