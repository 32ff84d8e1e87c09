import { equalBytes, limits } from '@hearsay/core';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { eventually } from './testing/eventually.ts';
import { closeServers, linked, serve, side } from './testing/sides.ts';
import { peerSubprotocol } from './transport.ts';

afterEach(closeServers);

describe('WebSocket links', () => {
  it('L1: frames arrive whole and in order, both ways', async () => {
    const { near, far, link } = await linked();
    const sent = Array.from({ length: 50 }, (_, n) => new Uint8Array(n * 1000).fill(n));
    for (const frame of sent) expect(near.transport.send(link, frame)).toBe(true);
    await eventually(() => expect(far.frames).toHaveLength(50));
    expect(far.frames.findIndex((frame, n) => !equalBytes(frame, sent[n] ?? frame.subarray(1)))).toBe(-1);
    far.transport.send(far.opened[0] ?? 0, Uint8Array.of(7));
    await eventually(() => expect(near.frames).toEqual([Uint8Array.of(7)]));
  });

  it('L2: a close says its code and reason on the other side, and is told once', async () => {
    const { near, far, link } = await linked();
    near.transport.close(link, 4402, 'wrong cluster');
    near.transport.close(link, 4402, 'wrong cluster');
    await eventually(() =>
      expect(far.closed).toEqual([{ link: far.opened[0], code: 4402, reason: 'wrong cluster' }]),
    );
    await eventually(() => expect(near.closed).toHaveLength(1));
    expect(near.transport.send(link, Uint8Array.of(1))).toBe(false);
  });

  it('L3: a dial that fails is told, whatever the address', async () => {
    const near = side();
    for (const address of ['ws://127.0.0.1:1', 'http://127.0.0.1:1', 'nonsense'])
      near.transport.dial(address);
    await eventually(() => {
      near.timers.fireAll();
      expect(near.closed.map(({ link, code }) => [link, code])).toEqual(Array(3).fill([null, 1006]));
    });
  });

  it('L4: a socket that does not speak the peer protocol is not taken', async () => {
    const far = side();
    const port = await serve(far);
    for (const protocols of [[], ['other']]) {
      const stranger = new WebSocket(`ws://127.0.0.1:${port}/peer`, protocols);
      const error = await new Promise<Error>((resolve) => stranger.on('error', resolve));
      expect(error.message).toContain('400');
    }
    expect(far.opened).toEqual([]);
  });

  it('L5: text and oversized messages end their own link and nothing else', async () => {
    const { near, far, link, port } = await linked();
    const open = async (): Promise<WebSocket> => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/peer`, peerSubprotocol);
      await new Promise((resolve) => socket.on('open', resolve));
      return socket;
    };
    const codeOf = (socket: WebSocket): Promise<number> =>
      new Promise((resolve) => socket.on('close', resolve));
    const text = await open();
    text.send('hello');
    expect(await codeOf(text)).toBe(1003);
    const large = await open();
    large.on('error', () => {});
    large.send(new Uint8Array(limits.peerMessageBytes + 1));
    expect([1006, 1009]).toContain(await codeOf(large));
    await eventually(() => expect(far.closed).toHaveLength(2));
    near.transport.send(link, Uint8Array.of(5));
    await eventually(() => expect(far.frames.at(-1)).toEqual(Uint8Array.of(5)));
  });

  it('L5: a message of the largest size arrives, one of a byte more ends its link', async () => {
    const { near, far, link } = await linked();
    near.transport.send(link, new Uint8Array(limits.peerMessageBytes));
    await eventually(() => expect(far.frames).toHaveLength(1));
    near.transport.send(link, new Uint8Array(limits.peerMessageBytes + 1));
    await eventually(() => expect([near.closed.length, far.closed.length]).toEqual([1, 1]));
    expect(far.frames).toHaveLength(1);
  });

  it('L7: output over the soft mark is told when it has drained', async () => {
    const { near, far, link } = await linked();
    for (let i = 0; i < 14; i++) near.transport.send(link, new Uint8Array(1_000_000));
    expect(near.transport.bufferedBytes(link)).toBeGreaterThan(limits.peerBufferSoftBytes);
    await eventually(() => expect(near.drained).toContain(link));
    await eventually(() => expect(far.frames).toHaveLength(14));
  });

  it('L8: a shut down transport closes its links and takes no more', async () => {
    const { near, far, port } = await linked();
    far.transport.shutDown(1001, 'stopping');
    await eventually(() => expect(near.closed[0]).toMatchObject({ code: 1001, reason: 'stopping' }));
    near.transport.dial(`ws://127.0.0.1:${port}`);
    await eventually(() => expect(near.closed[1]).toMatchObject({ link: null }));
  });
});
