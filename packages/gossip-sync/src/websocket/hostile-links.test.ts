import { once } from 'node:events';
import type { Socket } from 'node:net';
import { limits } from '@hearsay/core';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from './testing/eventually.ts';
import { rawFrame, rawPeer } from './testing/raw-socket.ts';
import { closeServers, doubtingSide, linked, serve, side } from './testing/sides.ts';
import { UnprovenLinks } from './unproven-links.ts';

afterEach(closeServers);

const some = Buffer.from('abc');
const binary = 0x82;
const continuation = 0x00;
const ping = 0x89;

/** What RFC 6455 forbids, frame by frame. */
const forbidden: readonly (readonly [string, Buffer])[] = [
  ['all bits set', Buffer.alloc(6, 0xff)],
  ['a reserved bit', rawFrame(binary | 0x40, some)],
  ['another reserved bit', rawFrame(binary | 0x10, some)],
  ['a reserved data opcode', rawFrame(0x83, some)],
  ['a reserved control opcode', rawFrame(0x8b, some)],
  ['no mask', Buffer.of(binary, 3, 97, 98, 99)],
  ['text that is not UTF-8', rawFrame(0x81, Buffer.of(0xff, 0xfe))],
  ['a ping longer than 125 bytes', rawFrame(ping, Buffer.alloc(126))],
  ['a ping in fragments', rawFrame(0x09, some)],
  ['a continuation of nothing', rawFrame(0x80, some)],
  ['a new message within one', Buffer.concat([rawFrame(0x02, some), rawFrame(binary, some)])],
  ['a length of 2^63', Buffer.of(binary, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
  ['a length above 2^53', Buffer.of(binary, 0xff, 0x00, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
  ['more bytes than a message may have', rawFrame(binary, some, limits.peerMessageBytes + 1)],
  ['a close of one byte', rawFrame(0x88, Buffer.of(3))],
  ['a close code that is none', rawFrame(0x88, Buffer.of(0x03, 0xed))],
  ['a close reason that is not UTF-8', rawFrame(0x88, Buffer.of(0x03, 0xe8, 0xff))],
  [
    'a message in tiny fragments',
    Buffer.concat([rawFrame(0x02, some), ...Array.from({ length: 100 }, () => rawFrame(continuation, some))]),
  ],
];

describe('hostile links', () => {
  it.each(forbidden)('L5: %s ends its own link and nothing else', async (_, bytes) => {
    const { near, far, link, port } = await linked();
    const raw = rawPeer(port);
    await eventually(() => expect(far.opened).toHaveLength(2));
    raw.write(bytes);
    raw.resume();
    await once(raw, 'end');
    raw.end();
    await eventually(() => expect(far.closed.map((closed) => closed.link)).toEqual([far.opened[1]]));
    expect(far.frames).toEqual([]);
    near.transport.send(link, Uint8Array.of(5));
    await eventually(() => expect(far.frames).toEqual([Uint8Array.of(5)]));
  });

  it('L5: a socket that is cut at any byte of a handshake or a message ends its own link and nothing else', async () => {
    const { near, far, link, port } = await linked();
    const message = rawFrame(binary, some);
    for (let length = 0; length < message.byteLength; length++) {
      const raw = rawPeer(port);
      await eventually(() => expect(far.opened).toHaveLength(length + 2));
      raw.write(message.subarray(0, length));
      raw.resetAndDestroy();
      await eventually(() => expect(far.closed).toHaveLength(length + 1));
    }
    near.transport.send(link, Uint8Array.of(5));
    await eventually(() => expect(far.frames).toEqual([Uint8Array.of(5)]));
  });

  it('L12: compression is not agreed to', async () => {
    const { far, port } = await linked();
    const raw = rawPeer(port, 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n');
    const [answer] = (await once(raw, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 101 /);
    expect(answer.toString().toLowerCase()).not.toContain('sec-websocket-extensions');
    await eventually(() => expect(far.opened).toHaveLength(2));
    // A compressed frame has a reserved bit set, which then nobody understands.
    raw.write(rawFrame(binary | 0x40, some));
    raw.resume();
    await eventually(() => expect(far.closed).toHaveLength(1));
    raw.destroy();
  });

  it('L15: links of strangers are few; whoever is proven, or gone, makes room', async () => {
    const far = doubtingSide();
    const port = await serve(far);
    const answered = async (): Promise<readonly [string, Socket]> => {
      const raw = rawPeer(port);
      const [answer] = (await once(raw, 'data')) as [Buffer];
      return [answer.toString().slice(9, 12), raw];
    };
    const first = await Promise.all(Array.from({ length: 64 }, answered));
    expect(new Set(first.map(([status]) => status))).toEqual(new Set(['101']));
    expect((await answered())[0]).toBe('429');
    far.transport.proven(far.opened[0] ?? 0);
    expect((await answered())[0]).toBe('101');
    expect((await answered())[0]).toBe('429');
    first[1]?.[1].destroy();
    await eventually(() => expect(far.closed).toHaveLength(1));
    expect((await answered())[0]).toBe('101');
    for (const [, raw] of first) raw.destroy();
  });

  it('L15: of many addresses there is a bound in all', () => {
    const links = new UnprovenLinks({ perAddress: 2, inAll: 5 });
    const leave = links.enter('a');
    expect([links.enter('a'), links.enter('b'), links.enter('c'), links.enter('d')]).not.toContain(undefined);
    expect(['a', 'b', 'c', 'e'].map((address) => links.enter(address))).toEqual(Array(4).fill(undefined));
    leave?.();
    leave?.();
    expect(['e', 'f'].map((address) => links.enter(address) === undefined)).toEqual([false, true]);
  });

  it.each([
    ['one message', rawFrame(binary, Buffer.alloc(30_000), 8_000_000)],
    ['fragments', Buffer.concat([rawFrame(0x02, some), rawFrame(continuation, Buffer.alloc(30_000))])],
    ['pings', Buffer.concat(Array.from({ length: 300 }, () => rawFrame(ping, Buffer.alloc(125))))],
  ])('L16: a stranger that sends more than a proof takes is cut off: %s', async (_, bytes) => {
    const far = doubtingSide();
    const raw = rawPeer(await serve(far));
    await eventually(() => expect(far.opened).toHaveLength(1));
    raw.write(bytes);
    raw.resume();
    await eventually(() => expect(far.closed).toMatchObject([{ code: 1006 }]));
    expect(far.frames).toEqual([]);
  });

  it('L16: whoever is proven sends as much as it likes', async () => {
    const [near, far] = [side(), doubtingSide()];
    near.transport.dial(`ws://127.0.0.1:${await serve(far)}`);
    await eventually(() => expect([near.opened.length, far.opened.length]).toEqual([1, 1]));
    near.transport.send(near.opened[0] ?? 0, new Uint8Array(8000));
    await eventually(() => expect(far.frames).toHaveLength(1));
    far.transport.proven(far.opened[0] ?? 0);
    near.transport.send(near.opened[0] ?? 0, new Uint8Array(4_000_000));
    await eventually(() => expect(far.frames).toHaveLength(2));
  });

  it('L13: a peer that does not read is cut off at the hard mark', async () => {
    const { near, far, link, port } = await linked();
    const raw = rawPeer(port);
    await eventually(() => expect(far.opened).toHaveLength(2));
    raw.pause();
    const slow = far.opened[1] ?? -1;
    const piece = new Uint8Array(1_048_576);
    let taken = 0;
    while (taken < 1000 && far.transport.send(slow, piece)) taken++;
    expect(taken).toBeLessThan(1000);
    expect(far.transport.bufferedBytes(slow)).toBeLessThanOrEqual(limits.peerBufferHardBytes + 1024);
    await eventually(() => expect(far.closed.map((closed) => closed.link)).toEqual([slow]));
    raw.destroy();
    near.transport.send(link, Uint8Array.of(5));
    await eventually(() => expect(far.frames).toEqual([Uint8Array.of(5)]));
  });
});
