import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { limits } from '@hearsay/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { LinkId, TransportListener } from '../ports.ts';
import { createWebSocketTransport, peerSubprotocol, type WebSocketTransport } from './transport.ts';

/** Fires timers by hand, so that heartbeats need no waiting. */
function manualTimers(): { set: (ms: number, fire: () => void) => () => void; fireAll: () => void } {
  const pending = new Set<() => void>();
  return {
    set: (_, fire) => {
      pending.add(fire);
      return () => pending.delete(fire);
    },
    fireAll: () => {
      for (const fire of [...pending]) {
        pending.delete(fire);
        fire();
      }
    },
  };
}

interface Side {
  readonly transport: WebSocketTransport;
  readonly timers: ReturnType<typeof manualTimers>;
  readonly opened: LinkId[];
  readonly frames: Uint8Array[];
  readonly closed: { link: LinkId | null; code: number; reason: string }[];
  readonly drained: LinkId[];
}

function side(inboundBytesPerSecond?: number): Side {
  const timers = manualTimers();
  const clock = { now: () => 0, monotonic: () => 0 };
  const transport = createWebSocketTransport({
    clock,
    timers,
    ...(inboundBytesPerSecond === undefined ? {} : { inboundBytesPerSecond }),
  });
  const made: Side = { transport, timers, opened: [], frames: [], closed: [], drained: [] };
  const listener: TransportListener = {
    linkOpened: (link) => made.opened.push(link),
    frameReceived: (_, frame) => made.frames.push(Uint8Array.from(frame)),
    linkClosed: (link, _, code, reason) => made.closed.push({ link, code, reason }),
    linkDrained: (link) => made.drained.push(link),
  };
  transport.listen(listener);
  return made;
}

const servers: Server[] = [];

async function serve(accepting: Side): Promise<number> {
  const server = createServer((_, response) => response.end());
  server.on('upgrade', accepting.transport.accept);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return portOf(server);
}

function portOf(server: Server | undefined): number {
  const address = server?.address();
  if (address === null || address === undefined || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function linked(): Promise<{ near: Side; far: Side; link: LinkId }> {
  const [near, far] = [side(), side()];
  near.transport.dial(`ws://127.0.0.1:${await serve(far)}`);
  await vi.waitFor(() => expect([near.opened.length, far.opened.length]).toEqual([1, 1]));
  return { near, far, link: near.opened[0] ?? 0 };
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    // Upgraded sockets are the transports' own, and end with their process.
    server.closeAllConnections();
    server.close();
  }
});

describe('WebSocket links', () => {
  it('L1: frames arrive whole and in order, both ways', async () => {
    const { near, far, link } = await linked();
    const sent = Array.from({ length: 50 }, (_, n) => new Uint8Array(n * 1000).fill(n));
    for (const frame of sent) expect(near.transport.send(link, frame)).toBe(true);
    await vi.waitFor(() => expect(far.frames).toHaveLength(50));
    expect(far.frames).toEqual(sent);
    far.transport.send(far.opened[0] ?? 0, Uint8Array.of(7));
    await vi.waitFor(() => expect(near.frames).toEqual([Uint8Array.of(7)]));
  });

  it('L2: a close says its code and reason on the other side, and is told once', async () => {
    const { near, far, link } = await linked();
    near.transport.close(link, 4402, 'wrong cluster');
    near.transport.close(link, 4402, 'wrong cluster');
    await vi.waitFor(() =>
      expect(far.closed).toEqual([{ link: far.opened[0], code: 4402, reason: 'wrong cluster' }]),
    );
    await vi.waitFor(() => expect(near.closed).toHaveLength(1));
    expect(near.transport.send(link, Uint8Array.of(1))).toBe(false);
  });

  it('L3: a dial that fails is told, whatever the address', async () => {
    const near = side();
    for (const address of ['ws://127.0.0.1:1', 'http://127.0.0.1:1', 'nonsense'])
      near.transport.dial(address);
    await vi.waitFor(() => {
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

  it('L5: text, oversized and malformed frames end their own link and nothing else', async () => {
    const { near, far, link } = await linked();
    const port = portOf(servers[0]);
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
    const key = 'dGhlIHNhbXBsZSBub25jZQ==';
    const raw = connect(port, '127.0.0.1');
    raw.write(
      `GET /peer HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
        `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: ${peerSubprotocol}\r\n\r\n`,
    );
    await vi.waitFor(() => expect(far.opened).toHaveLength(4));
    // Reserved bits set, unmasked: the six bytes that end a process without an error listener.
    raw.write(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff));
    raw.end();
    await vi.waitFor(() => expect(far.closed).toHaveLength(3));
    raw.destroy();
    near.transport.send(link, Uint8Array.of(5));
    await vi.waitFor(() => expect(far.frames.at(-1)).toEqual(Uint8Array.of(5)));
  });

  it('L6: a link that misses two heartbeats is ended', async () => {
    const { near, far } = await linked();
    // Nobody answers pings any more: the far socket is paused beneath its listener.
    const server = servers[0];
    server?.removeAllListeners('upgrade');
    const before = far.closed.length;
    for (let i = 0; i < 3; i++) near.timers.fireAll();
    await vi.waitFor(() => expect(near.closed).toHaveLength(1));
    await vi.waitFor(() => expect(far.closed.length).toBe(before + 1));
  });

  it('L7: output over the soft mark is told when it has drained', async () => {
    const { near, far, link } = await linked();
    for (let i = 0; i < 14; i++) near.transport.send(link, new Uint8Array(1_000_000));
    expect(near.transport.bufferedBytes(link)).toBeGreaterThan(limits.peerBufferSoftBytes);
    await vi.waitFor(() => expect(near.drained).toContain(link));
    await vi.waitFor(() => expect(far.frames).toHaveLength(14));
  });

  it('L8: a shut down transport closes its links and takes no more', async () => {
    const { near, far } = await linked();
    far.transport.shutDown(1001, 'stopping');
    await vi.waitFor(() => expect(near.closed[0]).toMatchObject({ code: 1001, reason: 'stopping' }));
    near.transport.dial(`ws://127.0.0.1:${portOf(servers[0])}`);
    await vi.waitFor(() => expect(near.closed[1]).toMatchObject({ link: null }));
  });
});
