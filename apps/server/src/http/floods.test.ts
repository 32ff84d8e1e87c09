import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, test } from 'vitest';
import { openAccess } from '../access/access.ts';
import {
  admin,
  app,
  closeApps,
  damage,
  deletions,
  get,
  headers,
  manyDocuments,
  node,
  revocations,
  shelf,
} from '../testing/http-app.ts';
import { boundAnswers } from './answer-deadline.ts';
import { boundWork } from './bounded-work.ts';
import { installErrors } from './errors.ts';
import { createMetricsPage } from './metrics-page.ts';

const made: FastifyInstance[] = [];

afterEach(async () => {
  await closeApps();
  await Promise.all(made.splice(0).map((each) => each.close()));
});

/** Lets everything that is under way come to its end. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('floods of requests', () => {
  test('A203: all who ask for metrics meanwhile are given one page, never one of before they asked', async () => {
    let pages = 0;
    let finish = (): void => {};
    const metrics = createMetricsPage({
      metrics: async () => {
        const page = `page ${++pages}`;
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        return page;
      },
    });
    const first = metrics();
    const together = Array.from({ length: 50 }, () => metrics());
    await turns(2);
    const later = Array.from({ length: 50 }, () => metrics());
    finish();
    expect(await first).toBe('page 1');
    expect(new Set(await Promise.all(together))).toEqual(new Set(['page 1']));
    while (pages < 2) await turns(1);
    finish();
    expect(new Set(await Promise.all(later))).toEqual(new Set(['page 2']));
    expect(pages).toBe(2);
  });

  test('A203: a page of metrics that fails is made anew for whoever asks next', async () => {
    let pages = 0;
    const failing = new Registry();
    failing.metrics = async () => {
      if (++pages === 1) throw new Error('a collector failed');
      return 'well';
    };
    const server = app({ metrics: failing });
    const ask = () => server.inject({ url: '/metrics', headers });
    expect((await ask()).statusCode).toBe(500);
    expect((await ask()).body).toBe('well');
  });

  test('A204: few listings are made at once, some wait, and more are told to come later', async () => {
    const open: (() => void)[] = [];
    let most = 0;
    const documents = {
      ...shelf,
      collections: async () => {
        await new Promise<void>((resolve) => {
          open.push(resolve);
          most = Math.max(most, open.length);
        });
        return ['default'];
      },
    };
    const served = {
      node,
      documents,
      admin,
      damage,
      deletions,
      manyDocuments,
      revocations,
      access: openAccess,
    };
    const server = app({ served: () => served });
    const asked = Array.from({ length: 70 }, () => server.inject({ url: '/api/collections', headers }));
    let answered = 0;
    for (const each of asked) void each.then(() => answered++);
    while (answered < 70) {
      await turns(3);
      open.shift()?.();
    }
    const statuses = (await Promise.all(asked)).map(({ statusCode, headers: told }) => [
      statusCode,
      told['retry-after'],
    ]);
    expect(most).toBe(2);
    expect(statuses.filter(([status]) => status === 200)).toHaveLength(66);
    expect(statuses.filter(([status, after]) => status === 503 && after === '1')).toHaveLength(4);
    // Health is asked without waiting for any of them.
    expect((await get('/healthz')).statusCode).toBe(200);
  });

  test('A204: each request begins with a turn of the event loop of its own, so that clients come between', async () => {
    const server = fastify();
    made.push(server);
    installErrors(server);
    const order: string[] = [];
    await server.register(async (scope) => {
      boundWork(scope, { atOnce: 1, waiting: 10 });
      scope.get('/', async () => {
        order.push('request');
        setImmediate(() => order.push('client'));
        return 'done';
      });
    });
    await Promise.all(Array.from({ length: 3 }, () => server.inject('/')));
    expect(order.slice(0, 5)).toEqual(['request', 'client', 'request', 'client', 'request']);
  });

  test('A205: an answer that nobody takes is not kept for long', async () => {
    const server = fastify();
    made.push(server);
    boundAnswers(server, { leastMs: 50, bytesPerMs: 1_000_000 });
    server.get('/', async () => Buffer.alloc(64_000_000));
    await server.listen({ port: 0, host: '127.0.0.1' });
    const connected = once(server.server, 'connection');
    const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => {});
    const [accepted] = (await connected) as [NodeJS.EventEmitter];
    const ended = once(accepted, 'close');
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await ended;
    socket.destroy();
  });
});
