import { equalBytes, limits } from '@hearsay/core';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Transport } from '../ports.ts';
import { createWebTransport } from '../web/transport.ts';
import { eventually } from './testing/eventually.ts';
import { closeServers, type Listened, listenTo, serve, side } from './testing/sides.ts';
import { createWebSocketTransport, peerPath, peerSubprotocol } from './transport.ts';

afterEach(closeServers);

type Dialler = Transport & { shutDown(code: number, reason: string): void };

const diallers: Readonly<Record<string, () => Listened<Dialler>>> = {
  'of `ws`': () =>
    listenTo((timers) => createWebSocketTransport({ clock: { now: () => 0, monotonic: () => 0 }, timers })),
  'of browsers': () =>
    listenTo((timers) =>
      createWebTransport({
        timers,
        open: (address) => new WebSocket(new URL(peerPath, address), peerSubprotocol),
      }),
    ),
};

describe.each(Object.keys(diallers))('a dialling transport %s', (name) => {
  async function linked() {
    const near = (diallers[name] ?? side)();
    const far = side();
    const port = await serve(far);
    near.transport.dial(`ws://127.0.0.1:${port}`);
    await eventually(() => expect([near.opened.length, far.opened.length]).toEqual([1, 1]));
    return { near, far, link: near.opened[0] ?? 0, farLink: far.opened[0] ?? 0, port };
  }

  it('L1: frames arrive whole and in order, both ways', async () => {
    const { near, far, link, farLink } = await linked();
    const sent = Array.from({ length: 50 }, (_, n) => new Uint8Array(n * 1000).fill(n));
    for (const frame of sent) {
      expect(near.transport.send(link, frame)).toBe(true);
      expect(far.transport.send(farLink, frame)).toBe(true);
    }
    for (const { frames } of [near, far]) {
      await eventually(() => expect(frames).toHaveLength(50));
      expect(frames.findIndex((frame, n) => !equalBytes(frame, sent[n] ?? frame.subarray(1)))).toBe(-1);
    }
  });

  it('L2: a close says its code and reason on the other side, and is told once', async () => {
    const { near, far, link, farLink } = await linked();
    near.transport.close(link, 4407, 'not for you');
    near.transport.close(link, 4407, 'not for you');
    expect(near.transport.send(link, Uint8Array.of(1))).toBe(false);
    await eventually(() =>
      expect(far.closed).toEqual([{ link: farLink, code: 4407, reason: 'not for you' }]),
    );
    await eventually(() => expect(near.closed).toMatchObject([{ link, code: 4407 }]));
  });

  it('L2: so does one from the other side', async () => {
    const { near, far, link, farLink } = await linked();
    far.transport.close(farLink, 4530, 'later');
    await eventually(() => expect(near.closed).toEqual([{ link, code: 4530, reason: 'later' }]));
  });

  it('L3: a dial that fails is told, whatever the address', async () => {
    const near = (diallers[name] ?? side)();
    for (const address of ['ws://127.0.0.1:1', 'nonsense']) near.transport.dial(address);
    await eventually(() => {
      near.timers.fireAll();
      expect(near.closed.map(({ link, code }) => [link, code])).toEqual(Array(2).fill([null, 1006]));
    });
  });

  it('L7: output over the soft mark is told when it has drained', async () => {
    const { near, far, link } = await linked();
    for (let i = 0; i < 14; i++) near.transport.send(link, new Uint8Array(1_000_000));
    expect(near.transport.bufferedBytes(link)).toBeGreaterThan(limits.peerBufferSoftBytes);
    expect(near.drained).toEqual([]);
    await eventually(() => expect(far.frames).toHaveLength(14));
    await eventually(() => {
      if (near.transport.bufferedBytes(link) === 0) near.timers.fireAll();
      expect(near.drained).toContain(link);
    });
  });

  it('L8: a transport that is shut down closes its links and takes no more', async () => {
    const { near, far, port } = await linked();
    near.transport.shutDown(1000, 'stopping');
    await eventually(() => expect(far.closed).toMatchObject([{ code: 1000, reason: 'stopping' }]));
    near.transport.dial(`ws://127.0.0.1:${port}`);
    await eventually(() => {
      near.timers.fireAll();
      expect(near.closed.at(-1)).toMatchObject({ link: null });
    });
  });

  it('L13: a peer that does not read is cut off at the hard mark', async () => {
    const { near, link } = await linked();
    const frame = new Uint8Array(4_000_000);
    // In one turn, so that nothing leaves in between.
    const taken = Array.from({ length: 6 }, () => near.transport.send(link, frame));
    expect(taken).toEqual([true, true, true, true, false, false]);
    await eventually(() => expect(near.closed).toMatchObject([{ link, code: 1006 }]));
  });
});

describe('a link of a browser', () => {
  async function linkedWeb() {
    const near = (diallers['of browsers'] ?? side)();
    const far = side();
    const port = await serve(far);
    near.transport.dial(`ws://127.0.0.1:${port}`);
    await eventually(() => expect([near.opened.length, far.opened.length]).toEqual([1, 1]));
    return { near, far, link: near.opened[0] ?? 0 };
  }

  it('G89: on which something was sent and nothing comes back is ended', async () => {
    const { near, far, link } = await linkedWeb();
    near.timers.fireAll();
    expect(near.closed).toEqual([]);
    near.transport.send(link, Uint8Array.of(1));
    await eventually(() => expect(far.frames).toHaveLength(1));
    near.timers.fireAll();
    expect(near.closed).toMatchObject([{ link, code: 1006 }]);
  });

  it('G89: on which something comes back is not', async () => {
    const { near, far, link } = await linkedWeb();
    near.transport.send(link, Uint8Array.of(1));
    far.transport.send(far.opened[0] ?? 0, Uint8Array.of(2));
    await eventually(() => expect(near.frames).toHaveLength(1));
    near.timers.fireAll();
    expect(near.closed).toEqual([]);
  });
});
