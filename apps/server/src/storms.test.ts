import { once } from 'node:events';
import type { Socket } from 'node:net';
import { ok } from '@hearsay/core';
import { afterEach, expect, test } from 'vitest';
import type { Hearsay } from './embedded/create-hearsay.ts';
import { handshake, rawSocket } from './testing/raw-http.ts';
import { Bench, until } from './testing/running-node.ts';

const bench = new Bench();
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await bench.end();
});

const timeoutMs = 120_000;
const cluster = { cluster: 'storms', secret: 'b7e15162-8aed2a6a-bf715880-9cf4f3c7-62e7160f' };
/** The first step of Yjs with nothing in hand: asks for a document. */
const question = Uint8Array.of(0, 0, 1, 0);

interface Client {
  heard: string;
  readonly socket: Socket;
}

/** Holds the node's reads up, and sends in as many clients as it serves at a time: whoever comes then has to wait. */
async function crowd(node: Hearsay): Promise<() => void> {
  let letGo = (): void => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  node.store.read = () => held.then(() => ok(undefined));
  for (let at = 0; (await metric(node, 'hearsay_reads_waiting')) < 64; at++) {
    (await bench.socket(node, `/crowd-${at}`)).send(question);
  }
  return letGo;
}

/** Connections that say so much. */
function arrive(node: Hearsay, count: number, text: string): Client[] {
  return Array.from({ length: count }, () => {
    const client: Client = { heard: '', socket: rawSocket(node.port) };
    sockets.push(client.socket);
    client.socket.on('data', (chunk) => {
      client.heard += chunk.toString('latin1');
    });
    client.socket.write(text);
    return client;
  });
}

async function metric(node: Hearsay, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${node.healthPort}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
}

const waiting = (node: Hearsay): Promise<number> => metric(node, 'hearsay_arrivals_waiting');
const isIn = ({ heard }: Client): boolean => heard.startsWith('HTTP/1.1 101 ');

test(
  'A182: health is told while many wait, on both ports; the node is not ready before it turns anybody away',
  async () => {
    const node = await bench.node({ healthPort: 0, arrivalWait: 60_000 });
    const letGo = await crowd(node);
    const clients = arrive(node, 500, handshake('/late'));
    await until(async () => (await waiting(node)) === 500);
    for (const port of [node.port, node.healthPort]) {
      expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
      const ready = `http://127.0.0.1:${port}/readyz`;
      await until(async () => (await fetch(ready)).status === 503);
      expect(await (await fetch(ready)).json()).toMatchObject({ ready: false, reason: 'OVERLOADED' });
    }
    expect(clients.filter(({ heard }) => heard !== '')).toEqual([]);
    letGo();
    await until(() => clients.every(isIn));
    await until(async () => (await fetch(`${node.httpUrl}/readyz`)).ok);
  },
  timeoutMs,
);

test(
  'A177: peers come in while clients wait, and who is in writes on',
  async () => {
    const node = await bench.node({ healthPort: 0, arrivalWait: 60_000, ...cluster });
    const [writer, reader] = [bench.client(node, 'inside'), bench.client(node, 'inside')];
    await until(() => writer.provider.synced && reader.provider.synced);
    const letGo = await crowd(node);
    const clients = arrive(node, 50, handshake('/late'));
    await until(async () => (await waiting(node)) === 50);
    await bench.node({ ...cluster, join: [node.peerUrl] });
    await until(async () => (await metric(node, 'hearsay_peers_linked')) === 1);
    writer.doc.getText('text').insert(0, 'written in the crowd');
    await until(() => reader.text() === 'written in the crowd');
    expect(clients.filter(({ heard }) => heard !== '')).toEqual([]);
    letGo();
    await until(() => clients.every(isIn));
  },
  timeoutMs,
);

test(
  'A178: who has waited for too long is told when to come back, over both ways in',
  async () => {
    const node = await bench.node({ healthPort: 0, arrivalWait: 100 });
    const letGo = await crowd(node);
    const polled = await fetch(`${node.httpUrl}/sync/sessions`, { method: 'POST' });
    expect([polled.status, Number(polled.headers.get('retry-after')) >= 1]).toEqual([503, true]);
    const clients = arrive(node, 40, handshake('/late'));
    await Promise.all(clients.map(({ socket }) => once(socket, 'close')));
    expect(clients.filter(({ heard }) => !/^HTTP\/1\.1 503 .*\r\nRetry-After: \d+\r\n/.test(heard))).toEqual(
      [],
    );
    letGo();
    await until(async () => (await metric(node, 'hearsay_reads_waiting')) === 0);
    const [back] = arrive(node, 1, handshake('/late')) as [Client];
    await until(() => isIn(back));
  },
  timeoutMs,
);

test(
  'A179: who opens and does not finish, or hangs up, takes no place of others',
  async () => {
    const node = await bench.node({ healthPort: 0, arrivalWait: 60_000 });
    arrive(node, 300, handshake('/never').slice(0, -2));
    const [first] = arrive(node, 1, handshake('/late')) as [Client];
    await until(() => isIn(first));
    const letGo = await crowd(node);
    const lost = arrive(node, 300, handshake('/lost'));
    await until(async () => (await waiting(node)) === 300);
    for (const { socket } of lost) socket.resetAndDestroy();
    await until(async () => (await waiting(node)) === 0);
    letGo();
    const [second] = arrive(node, 1, handshake('/late')) as [Client];
    await until(() => isIn(second));
  },
  timeoutMs,
);

test(
  'A183: a stop turns away who still waits, and is not held up',
  async () => {
    const node = await bench.node({ healthPort: 0, arrivalWait: 60_000 });
    const letGo = await crowd(node);
    const clients = arrive(node, 200, handshake('/late'));
    await until(async () => (await waiting(node)) === 200);
    const stopped = node.stop();
    await Promise.all(clients.map(({ socket }) => once(socket, 'close')));
    expect(clients.filter(({ heard }) => !heard.startsWith('HTTP/1.1 503 '))).toEqual([]);
    letGo();
    await stopped;
  },
  timeoutMs,
);
