import { Server } from '@hocuspocus/server';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { eventually } from '../support/eventually.ts';
import { ProviderBench, savedText, untilState, untilText } from './bench.ts';

const bench = new ProviderBench();

afterEach(() => bench.end());

describe('a provider', () => {
  test('O1: brings the edits of each to all, and says when it is live', async () => {
    const node = await bench.node();
    const a = bench.client(node.clientUrl);
    const events: unknown[] = [];
    a.provider.on('status', ({ status, state }) => events.push([status, state.name]));
    a.provider.on('sync', (isSynced) => events.push(['sync', isSynced]));
    a.provider.on('synced', (isSynced) => events.push(['synced', isSynced]));
    a.text.insert(0, 'hello');
    const b = bench.client(node.clientUrl, { storage: false });
    await untilText(b, 'hello');
    b.text.insert(5, ' world');
    await untilText(a, 'hello world');
    await untilState(a, 'live');
    expect(events).toEqual([
      ['connecting', 'connecting'],
      ['connected', 'catching-up'],
      ['connected', 'live'],
      ['sync', true],
      ['synced', true],
    ]);
    await a.provider.whenSaved();
    expect(await savedText(node)).toBe('hello world');
  });

  test('O2: documents of one server share one socket, and tell who is there', async () => {
    const node = await bench.node();
    const network = await bench.network(node);
    const clients = ['a', 'b', 'c'].map((name) => bench.client(network.url, {}, name));
    for (const client of clients) {
      await untilState(client, 'live');
    }
    const other = bench.client(node.clientUrl, {}, 'a');
    other.provider.awareness?.setLocalStateField('user', 'somebody');
    const [first] = clients;
    await eventually('presence', () =>
      [...(first?.provider.awareness?.getStates().values() ?? [])].some(({ user }) => user === 'somebody'),
    );
    expect(network.connections()).toBe(1);
  });

  test('O3: comes back after its connection is lost, with what was written meanwhile on both sides', async () => {
    const node = await bench.node();
    const network = await bench.network(node);
    const a = bench.client(network.url);
    const b = bench.client(node.clientUrl);
    a.text.insert(0, 'begin;');
    await a.provider.whenSaved();
    await untilText(b, 'begin;');
    const closes: unknown[] = [];
    a.provider.on('connection-close', (event) => closes.push(event.code));
    const synced: boolean[] = [];
    a.provider.on('sync', (isSynced) => synced.push(isSynced));
    network.cut();
    await untilState(a, 'offline');
    expect(a.provider.unsaved).toBe(0);
    a.text.insert(0, 'a;');
    b.text.insert(b.text.length, 'b;');
    expect(a.provider.unsaved).toBe(1);
    network.heal();
    await untilText(a, 'a;begin;b;');
    await untilText(b, 'a;begin;b;');
    await a.provider.whenSaved();
    expect(a.provider.unsaved).toBe(0);
    expect(closes).toEqual([1006]);
    expect(synced).toEqual([false, true]);
  });

  test('O4: goes on with a plain server, which tells of no level above local', async () => {
    const server = new Server({ port: 0, address: '127.0.0.1', quiet: true, stopOnSignals: false });
    // It says on the console that it does not know a greeting.
    const muted = vi.spyOn(console, 'error').mockImplementation(() => {});
    await server.listen();
    bench.after(async () => {
      await server.destroy();
      muted.mockRestore();
    });
    const url = `ws://127.0.0.1:${server.address.port}`;
    const a = bench.client(url);
    // On a socket of its own: this server takes the address of a second channel for another document.
    const b = bench.client(`${url}/?second`);
    a.text.insert(0, 'x');
    await a.provider.whenSaved({ level: 'local' });
    await untilText(b, 'x');
    await expect(a.provider.whenSaved({ level: 2 })).rejects.toMatchObject({ code: 'NO_LEVELS' });
  });

  test('O5: a refusal is a state with a reason, ends what is waited for, and is tried again when asked', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    bench.after(() => server.close());
    await eventually('the server', () => server.address() !== null);
    let connections = 0;
    server.on('connection', (socket) => {
      connections++;
      socket.close(4401, 'no token');
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const a = bench.client(`ws://127.0.0.1:${port}`);
    a.text.insert(0, 'x');
    const saved = a.provider.whenSaved();
    await expect(saved).rejects.toMatchObject({ code: 'REFUSED' });
    expect(a.provider.state).toEqual({ name: 'refused', code: 'CLOSED_4401', reason: 'no token' });
    a.provider.connect();
    await eventually('the second attempt', () => connections === 2);
  });

  test('O6: after destroy nothing is left: no socket, no listener, no presence', async () => {
    const node = await bench.node();
    const network = await bench.network(node);
    const a = bench.client(network.url);
    const b = bench.client(node.clientUrl);
    await untilState(a, 'live');
    await eventually('presence of both', () => b.provider.awareness?.getStates().size === 2);
    const pending = a.provider.whenSaved({ level: 2 }).catch((error: unknown) => error);
    await a.provider.destroy();
    expect(await pending).toMatchObject({ code: expect.stringMatching(/CLOSED|NO_LEVELS/) });
    await eventually('presence of one', () => b.provider.awareness?.getStates().size === 1);
    await eventually('no connection', () => network.connections() === 0);
    b.text.insert(0, 'x');
    a.text.insert(0, 'y');
    await b.provider.whenSaved();
    expect(a.text.toString()).toBe('y');
    await expect(a.provider.whenSaved()).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
