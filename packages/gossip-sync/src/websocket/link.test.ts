import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { RateBudget } from '@hearsay/core';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { framesPerTurn, Link } from './link.ts';
import { eventually } from './testing/eventually.ts';
import { manualTimers } from './testing/sides.ts';

const servers: WebSocketServer[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});

/** A link whose other end answers pings, or does not. */
async function linkTo(answersPings: boolean, bytesPerSecond = Number.MAX_SAFE_INTEGER) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', autoPong: answersPings });
  servers.push(server);
  await once(server, 'listening');
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [other] = (await Promise.all([once(server, 'connection'), once(socket, 'open')]))[0] as [WebSocket];
  const timers = manualTimers();
  const waits: number[] = [];
  const noted = {
    set: (ms: number, fire: () => void) => {
      waits.push(ms);
      return timers.set(ms, fire);
    },
  };
  let drained = 0;
  const closed: number[] = [];
  const frames: Uint8Array[] = [];
  const clock = { time: 0, now: () => 0, monotonic: () => clock.time };
  const link = new Link(socket, noted, new RateBudget(bytesPerSecond, clock), {
    frame: (frame) => frames.push(frame),
    drained: () => drained++,
    closed: (code) => closed.push(code),
  });
  return { link, socket, other, timers, waits, closed, frames, drained: () => drained };
}

describe('heartbeat', () => {
  it('L6: a link that misses two heartbeats is ended, at most 45 s after it was heard last', async () => {
    const { timers, waits, closed, other } = await linkTo(false);
    for (let beat = 0; beat < 2; beat++) {
      const pinged = once(other, 'ping');
      timers.fireAll();
      await pinged;
      expect(closed).toEqual([]);
    }
    expect(waits).toHaveLength(3);
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(45_000);
    timers.fireAll();
    await eventually(() => expect(closed).toEqual([1006]));
  });

  it('L6: one whose heartbeats are answered is not', async () => {
    const { socket, timers, closed } = await linkTo(true);
    for (let beat = 0; beat < 10; beat++) {
      const answered = once(socket, 'pong');
      timers.fireAll();
      await answered;
    }
    expect(closed).toEqual([]);
  });

  it('L2: a peer that does not answer a close is cut off', async () => {
    const { link, socket, other, timers, closed } = await linkTo(true);
    other.pause();
    link.close(1001, 'x'.repeat(500));
    await eventually(() => expect(socket.readyState).toBe(WebSocket.CLOSING));
    expect(closed).toEqual([]);
    timers.fireAll();
    await eventually(() => expect(closed).toEqual([1006]));
    expect(link.send(Uint8Array.of(1))).toBe(false);
  });
});

describe('output', () => {
  it('L19: is buffered until the other end has said that it has come, wherever it is meanwhile', async () => {
    const { link, other, drained } = await linkTo(false);
    const marks: Buffer[] = [];
    other.on('ping', (mark) => marks.push(mark));
    link.send(new Uint8Array(20_000));
    await eventually(() => expect(marks).toHaveLength(1));
    expect([link.bufferedBytes, drained()]).toEqual([20_000, 0]);
    for (const lie of ['99999', '-1', 'NaN', '']) other.pong(lie);
    other.pong(marks[0]);
    await eventually(() => expect([link.bufferedBytes, drained()]).toEqual([0, 1]));
  });
});

describe('budget', () => {
  it('L11: a link over its budget is not read until it has earned more', async () => {
    const { socket, other, timers, frames } = await linkTo(true, 1000);
    other.send(new Uint8Array(3000));
    await eventually(() => expect(socket.isPaused).toBe(true));
    other.send(Uint8Array.of(7));
    expect(frames).toHaveLength(1);
    timers.fireAll();
    await eventually(() => expect(frames).toHaveLength(2));
  });

  it('L21: a link that is held on two accounts is read once both have released it', async () => {
    const { link, socket, other, frames } = await linkTo(true);
    link.hold('node');
    link.hold('bytes');
    await eventually(() => expect(socket.isPaused).toBe(true));
    other.send(Uint8Array.of(7));
    link.release('node');
    await new Promise(setImmediate);
    expect([socket.isPaused, frames.length]).toEqual([true, 0]);
    link.release('bytes');
    await eventually(() => expect(frames).toHaveLength(1));
  });

  it('L20: frames that came all at once are handled a few in a turn, and all before the end', async () => {
    const { other, frames, closed } = await linkTo(true);
    const perTurn: number[] = [];
    let before = 0;
    const look = (): void => {
      perTurn.push(frames.length - before);
      before = frames.length;
      if (closed.length === 0) setImmediate(look);
    };
    look();
    for (let frame = 0; frame < 1000; frame++) other.send(Uint8Array.of(frame % 256));
    other.close(1000);
    await eventually(() => expect(closed).toEqual([1000]));
    expect(frames.map(([byte]) => byte)).toEqual(Array.from({ length: 1000 }, (_, at) => at % 256));
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(2 * framesPerTurn);
  });
});
