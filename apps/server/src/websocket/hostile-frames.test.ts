import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { HearsayNode } from '../node.ts';
import { rawFrame, rawWebSocket } from '../testing/raw-http.ts';
import { Bench, closeCode, until } from '../testing/running-node.ts';

const bench = new Bench();
let node: HearsayNode;

beforeAll(async () => {
  node = await bench.node({ maxMessageBytes, trustProxy: ['127.0.0.1'], maxConnectionsPerIp: 3 });
});

afterAll(() => bench.end());

const maxMessageBytes = 65_536;
const one = Buffer.of(0);
const binary = 0x82;
const begin = 0x02;
const go = 0x00;
const ping = 0x89;
const close = 0x88;

/** What RFC 6455 forbids, and the code that it is to be answered with. */
const forbidden: readonly (readonly [string, Buffer, number])[] = [
  ['the first reserved bit', rawFrame(0xc2, one), 1002],
  ['the second reserved bit', rawFrame(0xa2, one), 1002],
  ['the third reserved bit', rawFrame(0x92, one), 1002],
  ['data of kind 3', rawFrame(0x83, one), 1002],
  ['data of kind 7', rawFrame(0x87, one), 1002],
  ['control of kind 11', rawFrame(0x8b), 1002],
  ['control of kind 15', rawFrame(0x8f), 1002],
  ['no mask', Buffer.of(binary, 1, 0), 1002],
  ['text that is not UTF-8', rawFrame(0x81, Buffer.of(0xff, 0xfe)), 1007],
  ['text', rawFrame(0x81, Buffer.from('a')), 4400],
  ['a ping of 126 bytes', rawFrame(ping, Buffer.alloc(126)), 1002],
  ['a ping in fragments', rawFrame(0x09), 1002],
  ['a continuation of nothing', rawFrame(0x80, one), 1002],
  ['a message within a message', Buffer.concat([rawFrame(begin, one), rawFrame(binary, one)]), 1002],
  ['a length of 2^63', rawFrame(binary, one, 2n ** 63n), 1009],
  ['a length above 2^53', rawFrame(binary, one, 2n ** 54n), 1009],
  ['more bytes than a message may have', rawFrame(binary, one, maxMessageBytes + 1), 1009],
  ['a close of one byte', rawFrame(close, Buffer.of(3)), 1002],
  ['a close code that is none', rawFrame(close, Buffer.of(0, 5)), 1002],
  ['a close reason that is not UTF-8', rawFrame(close, Buffer.of(3, 0xe8, 0xff, 0xff)), 1007],
];

describe('hostile frames', () => {
  test.each(forbidden)('A150: %s ends its socket with its code', async (_, bytes, code) => {
    const raw = await rawWebSocket(node.port);
    raw.socket.write(bytes);
    expect(await raw.closeCode()).toBe(code);
  });

  test('A150: compression is offered and not agreed to; compressed frames are none', async () => {
    const offer = 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n';
    const raw = await rawWebSocket(node.port, '/a', offer);
    expect(raw.answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(raw.answer.toLowerCase()).not.toContain('sec-websocket-extensions');
    raw.socket.write(rawFrame(binary | 0x40, one));
    expect(await raw.closeCode()).toBe(1002);
  });

  test('A151: a message has at most 1,024 fragments, tiny or empty', async () => {
    for (const payload of [Buffer.alloc(0), one]) {
      const raw = await rawWebSocket(node.port);
      raw.socket.write(rawFrame(begin, one));
      raw.socket.write(Buffer.concat(Array.from({ length: 1024 }, () => rawFrame(go, payload))));
      expect(await raw.closeCode()).toBe(1008);
    }
    const within = await rawWebSocket(node.port);
    within.socket.write(rawFrame(begin, Buffer.of(0, 0, 1)));
    within.socket.write(Buffer.concat(Array.from({ length: 1022 }, () => rawFrame(go))));
    within.socket.write(rawFrame(0x80, one));
    const [answer] = (await once(within.socket, 'data')) as [Buffer];
    expect(answer[0]).toBe(binary);
    within.socket.destroy();
  });

  test('A151: a message of the largest size is read, one of a byte more is not', async () => {
    const sized = async (bytes: number): Promise<number> => {
      const socket = await bench.socket(node, '/a');
      const closed = closeCode(socket);
      socket.send(new Uint8Array(bytes).fill(99));
      return closed;
    };
    // Of a kind that nobody knows: what is read is refused for what it is.
    expect(await sized(maxMessageBytes)).toBe(4400);
    expect(await sized(maxMessageBytes + 1)).toBe(1009);
  });

  test('A13: one connection more than an address may have is refused with 429, and the next once one is gone', async () => {
    const from = { 'x-forwarded-for': '203.0.113.7' };
    const open = await Promise.all(Array.from({ length: 3 }, () => bench.socket(node, '/a', from)));
    const refused = async (): Promise<number | undefined> => {
      const socket = new WebSocket(`${node.clientUrl}/a`, { headers: from });
      return new Promise((resolve) => {
        socket.once('unexpected-response', (_request, response) => resolve(response.statusCode));
        socket.once('open', () => resolve(undefined));
        socket.on('error', () => {});
      });
    };
    expect(await refused()).toBe(429);
    await bench.socket(node, '/a', { 'x-forwarded-for': '203.0.113.8' });
    open[0]?.terminate();
    await until(async () => (await refused()) === undefined);
  });
});
