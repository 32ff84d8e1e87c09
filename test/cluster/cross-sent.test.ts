import { once } from 'node:events';
import { encodeFrame } from '@hearsay/gossip-sync';
import { sampleMessages } from '@hearsay/gossip-sync/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import type { NodeProcess } from '../support/node-process.ts';
import { Cluster, rootsOf } from './cluster.ts';

const cluster = new Cluster();
let node: NodeProcess;

beforeAll(async () => {
  node = await cluster.node();
});

afterAll(() => cluster.end());

async function opened(path: string, protocol?: string): Promise<WebSocket> {
  const socket = new WebSocket(`${node.url}${path}`, protocol);
  socket.on('error', () => {});
  await once(socket, 'open');
  return socket;
}

/** Length before the bytes; all of them are short. */
const framed = (...bytes: readonly number[]): number[] => [bytes.length, ...bytes];

function update(): Uint8Array {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, 'x');
  return Y.encodeStateAsUpdate(doc);
}

/** Of both dialects: the second has the document's name before everything. */
const clientFrames: readonly (readonly [string, readonly number[]])[] = [
  { which: '', head: [] },
  { which: ' with a name', head: framed(...Buffer.from('doc')) },
].flatMap(({ which, head }): readonly (readonly [string, readonly number[]])[] => [
  [`sync step 1${which}`, [...head, 0, 0, ...framed(0)]],
  [`sync step 2${which}`, [...head, 0, 1, ...framed(...update())]],
  [`an update${which}`, [...head, 0, 2, ...framed(...update())]],
  [`awareness${which}`, [...head, 1, ...framed(1, 1, 1, ...framed(...Buffer.from('{}')))]],
  [`a query for awareness${which}`, [...head, 3]],
  [`a login${which}`, [...head, 2, 0, ...framed(...Buffer.from('token'))]],
]);

describe('what is said on the wrong socket', () => {
  it.each(sampleMessages.map((sample) => [`${sample.channel}.${sample.message.type}`, sample] as const))(
    'L81: %s of a peer ends a client’s socket, and changes nothing',
    async (_, sample) => {
      const before = await rootsOf(node);
      const socket = await opened('/cross');
      socket.send(encodeFrame(sample));
      const [code] = (await once(socket, 'close')) as [number];
      expect(code).toBeGreaterThanOrEqual(4400);
      expect(await rootsOf(node)).toBe(before);
    },
  );

  it.each(clientFrames)('L81: %s of a client ends a peer’s socket, and changes nothing', async (_, bytes) => {
    const before = await rootsOf(node);
    const socket = await opened('/peer', 'hearsay-peer.1');
    socket.send(Uint8Array.from(bytes));
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBeGreaterThanOrEqual(4400);
    expect(await rootsOf(node)).toBe(before);
  });
});
