import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HearsayNode } from './node.ts';
import { handshake, rawFrame, rawSocket, rawWebSocket } from './testing/raw-http.ts';
import { Bench } from './testing/running-node.ts';

const bench = new Bench();
let node: HearsayNode;
const drips: NodeJS.Timeout[] = [];

beforeAll(async () => {
  node = await bench.node({ cluster: 'deadlines', secret: 'b7e15162-8aed2a6a-bf715880-9cf4f3c7-62e7160f' });
});

afterAll(() => {
  for (const drip of drips) clearInterval(drip);
  return bench.end();
});

/** Says `text`, and `drop` again and again; resolves with all that came when the node has ended it. */
async function ended(text: string, drop = ''): Promise<string> {
  const socket = rawSocket(node.port);
  let heard = '';
  socket.on('data', (chunk) => {
    heard += chunk.toString('latin1');
  });
  if (text !== '') socket.write(text);
  drip(socket, Buffer.from(drop));
  await once(socket, 'close');
  return heard;
}

function drip(socket: Socket, drop: Buffer): void {
  if (drop.byteLength > 0) drips.push(setInterval(() => socket.writable && socket.write(drop), 250));
}

const line = 'Host: localhost\r\n';
const peer = handshake('/peer', 'Sec-WebSocket-Protocol: hearsay-peer.1\r\n');
const octets = 'Content-Type: application/octet-stream\r\nContent-Length: 10000\r\n';

/** Beyond the longest deadline of those that are tested, and below the next longer one. */
const timeoutMs = 25_000;

describe('deadlines', () => {
  test.concurrent(
    'A154: headers that drip are ended with 408',
    async () => {
      expect(await ended(`GET / HTTP/1.1\r\n${line}`, 'X: a\r\n')).toMatch(/^HTTP\/1\.1 408 /);
    },
    timeoutMs,
  );

  test.concurrent(
    'A154: a body that drips is ended with 408',
    async () => {
      expect(await ended(`POST /sync/sessions HTTP/1.1\r\n${line}${octets}\r\n`, 'a')).toMatch(
        /^HTTP\/1\.1 408 /,
      );
    },
    timeoutMs,
  );

  test.concurrent('A154: a connection that says nothing is ended', () => ended(''), timeoutMs);

  test.concurrent(
    'A154: a peer that does not prove itself is ended',
    async () => {
      expect(await ended(peer)).toMatch(/^HTTP\/1\.1 101 /);
      // Pings keep nobody who has proved nothing.
      await ended(peer, rawFrame(0x89).toString('latin1'));
    },
    timeoutMs,
  );

  test.concurrent(
    'A154: a client that says nothing is ended, with the reason',
    async () => {
      expect(await (await rawWebSocket(node.port)).closeCode()).toBe(4508);
    },
    timeoutMs,
  );

  test.concurrent(
    'A154: so is one whose first message never ends, whole fragments and pings in between or not',
    async () => {
      const [slow, fragments] = [await rawWebSocket(node.port), await rawWebSocket(node.port)];
      slow.socket.write(rawFrame(0x82, Buffer.of(0), 100));
      drip(slow.socket, Buffer.of(0));
      fragments.socket.write(rawFrame(0x02, Buffer.of(0)));
      drip(fragments.socket, Buffer.concat([rawFrame(0x00), rawFrame(0x89)]));
      await Promise.all([once(slow.socket, 'close'), once(fragments.socket, 'close')]);
    },
    timeoutMs,
  );

  test.concurrent(
    'A154: so is a message that stops, of a client that was let in',
    async () => {
      const raw = await rawWebSocket(node.port);
      raw.socket.write(rawFrame(0x82, Buffer.of(0, 0, 1, 0)));
      await once(raw.socket, 'data');
      raw.socket.write(rawFrame(0x82, Buffer.alloc(1_000_000), 2_000_000));
      await once(raw.socket, 'close');
    },
    timeoutMs,
  );
});
