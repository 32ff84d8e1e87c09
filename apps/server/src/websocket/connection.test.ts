import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SharedBudget } from '@hearsay/core';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { rawFrame, rawWebSocket } from '../testing/raw-http.ts';
import { until } from '../testing/running-node.ts';
import { Connection, messagesPerTurn } from './connection.ts';

const servers: WebSocketServer[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});

/** Connections of clients that speak by hand; what each of them has said whole is counted. */
async function listening(budget: SharedBudget) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  servers.push(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return async () => {
    const [[webSocket, request], raw] = await Promise.all([once(server, 'connection'), rawWebSocket(port)]);
    const connection = new Connection(webSocket, request.socket, 'test', 0, budget);
    const heard = { messages: 0, closed: 0 };
    connection.listen({
      received: () => heard.messages++,
      drained: () => {},
      closed: () => heard.closed++,
    });
    return { connection, raw, heard };
  };
}

describe('a connection', () => {
  test('A14: is pinged when it is silent, and ended when that is not answered', async () => {
    const open = await listening(new SharedBudget(1000));
    const { connection, raw } = await open();
    connection.checkLiveness(19_999);
    connection.checkLiveness(20_000);
    await until(() => raw.received().length > 0);
    expect([...raw.received()]).toEqual([0x89, 0]);
    connection.checkLiveness(45_000);
    await once(raw.socket, 'close');
    expect([...raw.received()]).toEqual([0x89, 0]);
  });

  test('A159: of messages that have not arrived whole, the largest gives way when it is too much together', async () => {
    const budget = new SharedBudget(100_000);
    const open = await listening(budget);
    const [small, large] = [await open(), await open()];
    small.raw.socket.write(rawFrame(0x02, Buffer.alloc(20_000)));
    large.raw.socket.write(rawFrame(0x82, Buffer.alloc(60_000), 1_000_000));
    await until(() => budget.total > 80_000);
    // Pings do not hide it.
    large.raw.socket.write(Buffer.alloc(1));
    small.raw.socket.write(rawFrame(0x89));
    small.raw.socket.write(rawFrame(0x00, Buffer.alloc(30_000)));
    expect(await large.raw.closeCode()).toBe(1013);
    await until(() => large.heard.closed === 1);
    expect(small.heard).toEqual({ messages: 0, closed: 0 });
    small.raw.socket.write(rawFrame(0x80, Buffer.alloc(10)));
    await until(() => small.heard.messages === 1);
    await until(() => budget.total === 0);
  });

  test('A206: messages that came all at once are handled a few in a turn, in order, and all before the end', async () => {
    const open = await listening(new SharedBudget(1_000_000));
    const { connection, raw, heard } = await open();
    const perTurn: number[] = [];
    let before = 0;
    let isOver = false;
    const look = (): void => {
      perTurn.push(heard.messages - before);
      before = heard.messages;
      if (!isOver) setImmediate(look);
    };
    look();
    const frames = Array.from({ length: 1000 }, (_, at) => rawFrame(0x82, Buffer.of(at % 256)));
    connection.pause();
    raw.socket.write(Buffer.concat([...frames, rawFrame(0x88, Buffer.of(0x03, 0xe8))]));
    connection.resume();
    await until(() => heard.closed === 1);
    isOver = true;
    expect(heard.messages).toBe(1000);
    // What comes in a turn, and what waited for it.
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(2 * messagesPerTurn);
  });

  test('A206: what has come is kept while its owner does not keep up', async () => {
    const open = await listening(new SharedBudget(1_000_000));
    const { connection, raw, heard } = await open();
    raw.socket.write(rawFrame(0x82, Buffer.of(1)));
    await until(() => heard.messages === 1);
    connection.pause();
    raw.socket.write(Buffer.concat(Array.from({ length: 100 }, () => rawFrame(0x82, Buffer.of(1)))));
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(heard.messages).toBe(1);
    connection.resume();
    await until(() => heard.messages === 101);
  });
});
