import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { failures, HearsayError } from './failures.ts';
import type { HearsayNode } from './node.ts';
import type { NodeStatus } from './status.ts';
import { Bench, closeCode, until } from './testing/running-node.ts';

const bench = new Bench();

afterEach(() => bench.end());

async function connections(node: HearsayNode): Promise<number> {
  const status = (await (await fetch(`${node.httpUrl}/api/status`)).json()) as NodeStatus;
  return status.clients.connections;
}

describe('a node', () => {
  test('A35: what one stock client writes another reads, under any name, and it is there after a restart', async () => {
    const data = await bench.directory();
    const name = 'notes/día 1';
    const node = await bench.node({ data });
    const [writer, reader] = [bench.client(node, name), bench.client(node, name)];
    writer.doc.getText('text').insert(0, 'hello');
    await until(() => reader.text() === 'hello');
    await node.stop();
    const again = bench.client(await bench.node({ data }), name);
    await until(() => again.text() === 'hello');
  });

  test('A35: HTTP tells the same document', async () => {
    const node = await bench.node();
    const { doc } = bench.client(node, 'a/b');
    doc.getMap('map').set('nested', [1, { two: 2 }]);
    const url = `${node.httpUrl}/api/documents/default/a%2Fb`;
    await until(async () => (await fetch(url)).ok);
    expect(await (await fetch(url)).json()).toMatchObject({
      name: 'a/b',
      content: { map: { nested: [1, { two: 2 }] } },
    });
    expect(await (await fetch(`${node.httpUrl}/api/documents?prefix=a/`)).json()).toMatchObject({
      documents: [{ name: 'a/b' }],
      next: null,
    });
  });

  test('A36: clients of a document see each other, and see each other leave', async () => {
    const node = await bench.node();
    const [one, two] = [bench.client(node, 'a'), bench.client(node, 'a')];
    one.provider.awareness.setLocalStateField('user', { name: 'Ada' });
    const seen = (): unknown => two.provider.awareness.getStates().get(one.doc.clientID)?.['user'];
    await until(() => JSON.stringify(seen()) === '{"name":"Ada"}');
    one.provider.destroy();
    await until(() => seen() === undefined);
  });

  test('A36: another collection is another document', async () => {
    const node = await bench.node();
    const { doc } = bench.client(node, 'a?collection=other');
    doc.getText('text').insert(0, 'x');
    const url = `${node.httpUrl}/api/documents/other/a`;
    await until(async () => (await fetch(url)).ok);
    expect((await fetch(`${node.httpUrl}/api/documents/default/a`)).status).toBe(404);
  });

  test.each([
    ['an unknown message type', '/a', Uint8Array.of(99, 1), 4400],
    ['an update cut short', '/a', Uint8Array.of(0, 2, 9, 1), 4400],
    ['an update that is none', '/a', Uint8Array.of(0, 2, 3, 1, 2, 3), 4400],
    ['a text frame', '/a', 'hello', 4400],
    ['a message above the limit', '/a', new Uint8Array(5000), 1009],
    ['no document', '/', Uint8Array.of(0, 0, 1, 0), 4404],
    ['a name that is none', '/a%00', Uint8Array.of(0, 0, 1, 0), 4404],
  ])('A37: %s ends that socket with a code, and nothing else', async (_, path, frame, code) => {
    const node = await bench.node({ maxMessageBytes: 4096 });
    const { doc, text } = bench.client(node, 'a');
    doc.getText('text').insert(0, 'kept');
    const other = bench.client(node, 'a');
    await until(() => other.text() === 'kept');
    const socket = await bench.socket(node, path);
    const closed = closeCode(socket);
    socket.send(frame);
    expect(await closed).toBe(code);
    doc.getText('text').insert(0, 'still ');
    await until(() => other.text() === text());
    expect(text()).toBe('still kept');
  });

  test.each([
    ['a foreign page', '/a', { origin: 'https://evil.example' }, 403],
    ['a forged host', '/a', { host: 'evil.example' }, 421],
    ['a path of the HTTP side', '/api/status', {}, 404],
    ['a peer without a cluster', '/peer', {}, 403],
  ])('A38: the handshake of %s is refused', async (_, path, headers, status) => {
    const node = await bench.node();
    const { WebSocket } = await import('ws');
    const socket = new WebSocket(`${node.clientUrl}${path}`, { headers });
    const refused = await new Promise<number | undefined>((resolve, reject) => {
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.once('open', () => reject(new Error('was let in')));
    });
    expect(refused).toBe(status);
  });

  test('A29: a client that stops reading is let go, and the others hear everything', async () => {
    // It takes a larger document than one may be until the system buffers no more.
    const node = await bench.node({ maxDocumentBytes: 0 });
    const [writer, reader] = [bench.client(node, 'a'), bench.client(node, 'a')];
    const stuck = await bench.socket(node, '/a');
    stuck.send(Uint8Array.of(0, 0, 1, 0));
    await new Promise((resolve) => stuck.once('message', resolve));
    await until(() => reader.provider.synced && writer.provider.synced);
    stuck.pause();
    let written = 0;
    // Far more than the system buffers for it.
    await until(async () => {
      for (let i = 0; i < 4; i++) writer.doc.getText('text').insert(0, 'x'.repeat(250_000));
      written += 1_000_000;
      await until(() => reader.text().length === written);
      return (await connections(node)) === 2;
    });
    expect(reader.text().length).toBe(written);
  });

  test('A17: metrics tell of store, clients and gossip', async () => {
    const node = await bench.node();
    const { provider } = bench.client(node, 'a');
    await until(() => provider.synced);
    const text = await (await fetch(`${node.httpUrl}/metrics`)).text();
    expect(text).toContain('hearsay_ready 1');
    expect(text).toContain('hearsay_client_connections 1');
    expect(text).toMatch(/hearsay_store_events_total\{event="batches"\} \d/);
    expect(text).toContain('hearsay_peers_linked 0');
  });

  test('A38: a request with thousands of headers is refused, and nobody is disturbed', async () => {
    const node = await bench.node();
    const socket = connect(node.port, '127.0.0.1');
    const headers = Array.from({ length: 2000 }, (_, index) => `x-${index}: ${index}\r\n`).join('');
    socket.write(`GET / HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString()).toMatch(/^HTTP\/1.1 431 /);
    expect((await fetch(`${node.httpUrl}/readyz`)).status).toBe(200);
  });

  test('A39: a stop finishes what was taken, closes clients with 1001 and ends the port', async () => {
    const data = await bench.directory();
    const node = await bench.node({ data });
    const { doc } = bench.client(node, 'a');
    const reader = bench.client(node, 'a');
    const socket = await bench.socket(node, '/b');
    const closed = closeCode(socket);
    doc.getText('text').insert(0, 'seen');
    await until(() => reader.text() === 'seen');
    await node.stop();
    expect(await closed).toBe(1001);
    await expect(fetch(`${node.httpUrl}/healthz`)).rejects.toThrow();
    const again = bench.client(await bench.node({ data }), 'a');
    await until(() => again.text() === 'seen');
  });

  test('A45: two nodes on one port or one directory: the second is refused and leaves nothing open', async () => {
    const data = await bench.directory();
    const node = await bench.node({ data });
    await expect(bench.node({ port: node.port })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    await expect(bench.node({ data })).rejects.toMatchObject({ code: 'DATA_DIRECTORY_LOCKED' });
    await node.stop();
    expect((await bench.node({ data, port: node.port })).port).toBe(node.port);
  });

  test('A45: a data directory of another cluster is refused', async () => {
    const data = await bench.directory();
    await (await bench.node({ data, cluster: 'one' })).stop();
    await expect(bench.node({ data, cluster: 'two' })).rejects.toMatchObject({ code: 'WRONG_CLUSTER' });
  });

  test('A46: every failure has an exit code of its own kind and says what to do', () => {
    for (const code of Object.keys(failures) as (keyof typeof failures)[]) {
      const error = new HearsayError(code, 'x');
      // Those of sysexits(3), and what a shell says of SIGINT.
      expect((error.exitCode >= 64 && error.exitCode <= 78) || error.exitCode === 130).toBe(true);
      expect(error.hint.length).toBeGreaterThan(20);
    }
  });
});
