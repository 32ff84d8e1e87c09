import { createRandom, limits, utf8Encode } from '@hearsay/core';
import { afterEach, describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import * as Y from 'yjs';
import { eventually } from '../support/eventually.ts';
import {
  emptyStateVector,
  emptyUpdateBytes,
  type HeardFrame,
  serverFrames as say,
  startScriptedServer,
} from '../support/scripted-server.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { type Client, ProviderBench, savedText, untilState } from './bench.ts';

const bench = new ProviderBench();
afterEach(() => bench.end());

const channel = 'notes';

/** What a good server says before anything else; of no life, so that another cluster may go on with it. */
function logIn(socket: WebSocket, life = 0): void {
  socket.send(say.authenticated(channel));
  socket.send(say.welcome(channel, life));
}

/** A client with an edit that nobody has, of a server that `hear` plays until `toNode` puts a real one in its place. */
async function besieged(
  hear: (socket: WebSocket, heard: HeardFrame | 'opened') => void,
): Promise<{ client: Client; storage: string; url: string; toNode(): Promise<string | undefined> }> {
  const server = await startScriptedServer(hear);
  bench.after(() => server.close());
  let port = server.port;
  const proxy = await startTcpProxy(() => port);
  bench.after(() => proxy.close());
  const storage = await bench.directory();
  const url = `ws://127.0.0.1:${proxy.port}`;
  const client = bench.client(url, { storage });
  client.text.insert(0, 'mine');
  const toNode = async (): Promise<string | undefined> => {
    const node = await bench.node();
    port = node.port;
    proxy.cut();
    proxy.heal();
    client.provider.connect();
    await client.provider.whenSaved();
    return savedText(node);
  };
  return { client, storage, url, toNode };
}

function typed(text: string): Uint8Array {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}

const deep = `${'['.repeat(100)}${']'.repeat(100)}`;

function presence(client: number, state: string): Uint8Array {
  const text = utf8Encode(state);
  return Uint8Array.of(1, client, 1, (text.length & 127) | 128, text.length >> 7, ...text);
}

describe('a provider and a hostile server', () => {
  const whole = typed('theirs');
  const malformed: readonly (readonly [string, Uint8Array])[] = [
    ['random bytes', createRandom('hostile').bytes(300)],
    ['no bytes', new Uint8Array()],
    [
      'an update whose structs are sound and whose deletes are cut',
      say.sync(channel, 2, whole.subarray(0, -1)),
    ],
    ['a step 2 of garbage', say.sync(channel, 1, Uint8Array.of(1, 1, 1, 0, 0x81))],
    ['a state vector of garbage', say.sync(channel, 0, Uint8Array.of(200, 1))],
    ['a presence of garbage', say.presence(channel, Uint8Array.of(9, 9, 9))],
    ['a presence that is not JSON', say.presence(channel, presence(5, '{"a":'))],
    ['a frame above every size', new Uint8Array(limits.peerMessageBytes + 1)],
  ];

  test.each(malformed)('O60: %s costs the connection and changes nothing', async (_, bytes) => {
    let sent = 0;
    const { client, toNode } = await besieged((socket, heard) => {
      if (heard === 'opened' || heard.type !== 2) return;
      logIn(socket);
      socket.send(bytes);
      sent++;
    });
    const closes: number[] = [];
    client.provider.on('connection-close', ({ code }) => closes.push(code));
    await eventually('the connection to be lost', () => closes.length > 0);
    expect(sent).toBeGreaterThan(0);
    expect(client.text.toString()).toBe('mine');
    expect(client.provider.unsaved).toBe(1);
    expect(await toNode()).toBe('mine');
  });

  test('O60: texts, frames of other documents, of unknown types, updates of format v2, and too much presence cost nothing', async () => {
    const { client } = await besieged((socket, heard) => {
      if (heard === 'opened' || heard.type !== 2) return;
      logIn(socket);
      // Read as v1 it is empty.
      socket.send(say.sync(channel, 2, Y.convertUpdateFormatV1ToV2(whole)));
      socket.send('text');
      socket.send(say.sync('another', 2, whole));
      socket.send(say.reset('another', 9));
      socket.send(Uint8Array.of(5, ...utf8Encode(channel), 77, 1, 2, 3));
      socket.send(say.presence(channel, presence(5, deep)));
      socket.send(say.sync(channel, 1, emptyUpdateBytes));
    });
    await untilState(client, 'live');
    expect(client.text.toString()).toBe('mine');
    expect(client.provider.awareness?.getStates().has(5)).toBe(false);
  });

  test('O60: a frame that drips in byte by byte is a frame', async () => {
    const { client } = await besieged((socket, heard) => {
      if (heard === 'opened' || heard.type !== 2) return;
      logIn(socket);
      const bytes = say.sync(channel, 1, whole);
      for (const [index, byte] of bytes.entries()) {
        socket.send(Uint8Array.of(byte), { fin: index === bytes.length - 1 });
      }
    });
    await eventually('both texts', () => client.text.length === 'minetheirs'.length);
    expect(client.provider.unsaved).toBe(1);
  });

  test('O61: acknowledgements of nothing save nothing', async () => {
    let peer: WebSocket | undefined;
    const { client, toNode } = await besieged((socket, heard) => {
      if (heard === 'opened') {
        for (let rest = 20; rest > 0; rest--) socket.send(say.status(channel));
      } else if (heard.type === 2) {
        logIn(socket);
        for (let rest = 20; rest > 0; rest--) socket.send(say.status(channel));
        for (let nodes = 0; nodes < 20; nodes++) socket.send(say.reached(channel, 2 ** 50, nodes));
        socket.send(say.sync(channel, 1, emptyUpdateBytes));
        peer = socket;
      }
    });
    await untilState(client, 'live');
    let saved = 0;
    const waits = [client.provider.whenSaved(), client.provider.whenSaved({ level: 3 })];
    // The second ends with the provider.
    for (const wait of waits) wait.then(() => saved++).catch(() => {});
    peer?.send(say.reached(channel, 2 ** 50, 99));
    peer?.send(say.sync(channel, 2, whole));
    await eventually('what came after', () => client.text.length === 'minetheirs'.length);
    expect([client.provider.unsaved, saved]).toEqual([1, 0]);
    client.provider.disconnect();
    expect((await toNode())?.includes('mine')).toBe(true);
    expect(saved).toBe(1);
  });

  test.each([
    ['a copy of no life', (socket: WebSocket) => socket.send(say.reset(channel, 7))],
    ['a copy of the life it tells of', (socket: WebSocket) => socket.send(say.reset(channel, 1))],
    ['what it does not know', (socket: WebSocket) => socket.send(say.closed(channel, 'LIFE_ENDED: deleted'))],
  ])('O62: an end of %s puts nothing aside', async (what, end) => {
    let ends = 0;
    const { client, storage, url, toNode } = await besieged((socket, heard) => {
      if (heard === 'opened' || heard.type !== 2) return;
      if (what === 'a copy of the life it tells of') logIn(socket, 1);
      end(socket);
      ends++;
    });
    let resets = 0;
    client.provider.on('reset', () => resets++);
    const closes: number[] = [];
    client.provider.on('connection-close', ({ code }) => closes.push(code));
    await eventually('the connection to be lost', () => closes.length > 0);
    expect(ends).toBeGreaterThan(0);
    expect(await client.provider.copiesAside()).toEqual([]);
    if (what !== 'a copy of the life it tells of') expect(await toNode()).toBe('mine');
    expect(resets).toBe(0);
    await client.provider.destroy();
    const again = bench.client(url, { storage, connect: false });
    await again.provider.whenLoaded;
    expect(again.text.toString()).toBe('mine');
  });

  test('O62: a copy whose life is said to have ended is aside, whole', async () => {
    const { client } = await besieged((socket, heard) => {
      if (heard === 'opened' || heard.type !== 2) return;
      logIn(socket, 1);
      socket.send(say.reset(channel, 5));
    });
    let resets = 0;
    client.provider.on('reset', () => resets++);
    await eventually('the reset', () => resets === 1);
    const [copy, ...others] = await client.provider.copiesAside();
    expect(others).toEqual([]);
    const doc = new Y.Doc();
    Y.applyUpdate(doc, copy?.update ?? emptyUpdateBytes);
    expect([doc.getText('text').toString(), copy?.unsaved]).toEqual(['mine', 1]);
  });

  test('O63: floods are bounded: presence, questions, tokens, and what comes before a welcome', async () => {
    let tokens = 0;
    const floods: ((socket: WebSocket) => void)[] = [
      (socket) => {
        for (let rest = 40; rest > 0; rest--) socket.send(say.sync(channel, 0, emptyStateVector));
      },
      (socket) => {
        for (let rest = 2000; rest > 0; rest--) socket.send(say.askForToken(channel));
      },
      (socket) => {
        for (let first = 0; first < 100_000; first += 1000) {
          const doc = new Y.Doc();
          const entries = Array.from({ length: 1000 }, (_, index) => first + index + 200);
          const bytes = entries.flatMap((client) => [
            ...[(client & 127) | 128, ((client >> 7) & 127) | 128, client >> 14],
            ...[1, 1, 49],
          ]);
          doc.destroy();
          socket.send(say.presence(channel, Uint8Array.of(0xe8, 0x07, ...bytes)));
        }
      },
    ];
    for (const flood of floods) {
      const server = await startScriptedServer((socket, heard) => {
        if (heard === 'opened' || heard.type !== 2) return;
        if (tokens > 1) return;
        logIn(socket);
        flood(socket);
        socket.send(say.sync(channel, 1, whole));
      });
      bench.after(() => server.close());
      tokens = 0;
      const client = bench.client(server.url, { token: async () => `token ${++tokens}` });
      let closes = 0;
      client.provider.on('connection-close', () => closes++);
      client.text.insert(0, 'mine');
      await eventually('the end of the flood', () => closes > 0 || client.text.length > 4);
      expect(closes).toBe(flood === floods[0] ? 1 : 0);
      expect(tokens).toBeLessThan(20);
      expect(client.provider.awareness?.meta.size).toBeLessThan(5000);
      expect(client.provider.unsaved).toBe(1);
      await client.provider.destroy();
    }
  });

  test('O63: a server that says much and not who it is is left', async () => {
    const { client, toNode } = await besieged((socket, heard) => {
      if (heard === 'opened' || heard.type !== 2) return;
      socket.send(say.authenticated(channel));
      for (let rest = 1200; rest > 0; rest--) socket.send(say.sync(channel, 2, emptyUpdateBytes).with(6, 2));
      for (let rest = 1200; rest > 0; rest--) socket.send(say.sync(channel, 0, emptyStateVector));
    });
    let closes = 0;
    client.provider.on('connection-close', () => closes++);
    await eventually('the end', () => closes > 0);
    expect(await toNode()).toBe('mine');
  });

  test('O64: however a server closes, the edit is kept and goes to the next that takes it', async () => {
    const codes = [
      1000, 1001, 1002, 1003, 1005, 1006, 1007, 1009, 1011, 1013, 1015, 0, 999, 2999, 3000,
    ].concat([4000, 4001, 4400, 4401, 4403, 4429, 4499, 4500, 4999, 5000, 65_535]);
    let next = 0;
    const { client, toNode } = await besieged((socket, heard) => {
      if (heard === 'opened' || heard.type !== 2) return;
      const code = codes[next++] ?? 1000;
      logIn(socket);
      // By hand, as the library refuses to say most of them.
      rawSocketOf(socket).write(Uint8Array.of(0x88, 2, code >> 8, code & 255));
      if (next % 5 === 0) rawSocketOf(socket).write(createRandom(`${next}`).bytes(50));
    });
    let closes = 0;
    client.provider.on('connection-close', () => closes++);
    while (next < codes.length) {
      const [before] = [closes];
      client.provider.connect();
      await eventually('the next close', () => closes > before);
      expect(client.text.toString()).toBe('mine');
      expect(client.provider.unsaved).toBe(1);
    }
    expect(await toNode()).toBe('mine');
  });
});

function rawSocketOf(socket: WebSocket): { write(bytes: Uint8Array): void } {
  return (socket as unknown as { _socket: { write(bytes: Uint8Array): void } })._socket;
}
