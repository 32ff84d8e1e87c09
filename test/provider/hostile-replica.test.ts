import { createRandom, fromHex, limits } from '@hearsay/core';
import { afterEach, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { peerFrames } from '../fuzz/corpus/peer-frames.ts';
import { mutate } from '../fuzz/mutate.ts';
import { textOn } from '../replica/bench.ts';
import { eventually } from '../support/eventually.ts';
import { startScriptedServer } from '../support/scripted-server.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { ProviderBench } from './bench.ts';

const bench = new ProviderBench();
afterEach(() => bench.end());

const random = createRandom('hostile to replicas');
const corpus = peerFrames.map(fromHex);

const ways: readonly ((socket: WebSocket) => void)[] = [
  (socket) => {
    for (const frame of corpus) socket.send(frame);
  },
  (socket) => {
    for (let rest = 50; rest > 0; rest--) {
      socket.send(mutate(random.pick(corpus) ?? new Uint8Array(), corpus, random));
    }
  },
  (socket) => socket.send('text'),
  (socket) => socket.send(new Uint8Array(limits.peerMessageBytes + 1)),
  (socket) => socket.close(4999, 'go away'),
];

/** A replica that was refused for good asks again within half a minute. */
const backWithinMs = 90_000;

test(
  'O65: a replica keeps its edit from a server that says anything at all, and gives it to one that listens',
  async () => {
    const node = await bench.node();
    const besiege = async (say: (socket: WebSocket) => void, index: number): Promise<void> => {
      let met = 0;
      const server = await startScriptedServer((socket, heard) => {
        if (heard !== 'opened') return;
        met++;
        say(socket);
      });
      bench.after(() => server.close());
      let port = server.port;
      const proxy = await startTcpProxy(() => port);
      bench.after(() => proxy.close());
      const collection = `notes-${index}`;
      const replica = await bench.replica(
        { clientUrl: `ws://127.0.0.1:${proxy.port}` },
        { collections: [collection] },
      );
      const open = await replica.open(collection, 'a');
      open.doc.getText('text').insert(0, 'mine');
      await open.whenStored();
      await eventually('the server to be met', () => met > 0);
      await eventually('the link to be lost', () => proxy.connections() === 0 || met > 1);
      expect(open.doc.getText('text').toString()).toBe('mine');
      expect(replica.status().unsent).toBe(1);
      port = node.port;
      proxy.cut();
      proxy.heal();
      const isThere = async (): Promise<boolean> => (await textOn(node, 'a', collection)) === 'mine';
      await eventually('the edit on a node', isThere, backWithinMs);
      await eventually('nothing to be unsent', () => replica.status().unsent === 0);
    };
    await Promise.all(ways.map(besiege));
  },
  2 * backWithinMs,
);
