import { once } from 'node:events';
import type { ReplicaId } from '@hearsay/core';
import { encodeFrame } from '@hearsay/gossip-sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { eventually } from '../support/eventually.ts';
import type { NodeProcess } from '../support/node-process.ts';
import { Cluster, statusOf } from './cluster.ts';

const cluster = new Cluster();

let nodes: readonly NodeProcess[];
let turn = 0;

beforeAll(async () => {
  nodes = await cluster.nodes(2);
});

afterAll(() => cluster.end());

/** What a client notices of anything that happens: nothing. */
async function undisturbed(meanwhile: (url: string, http: string) => Promise<void>): Promise<void> {
  const [first, second] = nodes;
  if (first === undefined || second === undefined) throw new Error('no nodes');
  const name = `document ${turn++}`;
  const [writer, reader] = [cluster.client(first, name), cluster.client(second, name)];
  writer.doc.getText('text').insert(0, 'before ');
  await eventually('an edit to cross', () => reader.text() === 'before ');
  let closes = 0;
  writer.provider.on('connection-close', () => closes++);
  await meanwhile(first.url, first.http);
  writer.doc.getText('text').insert(7, 'after');
  await eventually('another edit to cross', () => reader.text() === 'before after');
  expect(closes).toBe(0);
  expect((await statusOf(first)).gossip.linkedPeers).toBe(1);
}

describe('strangers', () => {
  it.each([
    ['another cluster', { cluster: 'foreign' }, 'WRONG_CLUSTER'],
    ['another secret', { secret: 'e6a1f27c50b94d3899c7401bd2f86a3e' }, 'WRONG_SECRET'],
  ])('L10: a node of %s is refused with a code, and disturbs nobody', async (_, options, code) => {
    await undisturbed(async (url, http) => {
      const stranger = await cluster.node({ join: [url], ...options });
      await eventually('the refusal', async () => {
        const { refusals } = (await statusOf({ http })).gossip;
        return refusals.some((refusal) => refusal.code === code);
      });
      expect((await statusOf(stranger)).gossip.linkedPeers).toBe(0);
      // It works alone, and says why.
      expect((await fetch(`${stranger.http}/readyz`)).status).toBe(200);
      await eventually('the stranger to say so', () => stranger.output().includes(`"code":"${code}"`));
    });
  });

  const hello = encodeFrame({
    channel: 'handshake',
    message: {
      type: 'hello',
      version: 1,
      oldestVersion: 1,
      cluster: 'test',
      replicaId: 'a'.repeat(32) as ReplicaId,
      incarnation: 1,
      session: 1,
      nonce: 'b'.repeat(32),
      addresses: [],
      region: '',
      capabilities: [],
    },
  });

  const receipt = encodeFrame({
    channel: 'mail',
    message: { type: 'receipt', through: 1, except: [], unsure: 0 },
  });

  it.each([
    ['noise', Buffer.from('not a frame at all')],
    ['nothing', Buffer.alloc(0)],
    ['a damaged hello', Buffer.from(hello).fill(1, 8, 12)],
    ['a message before the hello', Buffer.from(receipt)],
    ['too much', Buffer.alloc(10_000_000)],
  ])('L11: a peer socket that says %s is closed, and nobody is disturbed', async (_, frame) => {
    await undisturbed(async (url) => {
      const socket = new WebSocket(`${url}/peer`, 'hearsay-peer.1');
      socket.on('error', () => {});
      await once(socket, 'open');
      socket.send(frame);
      await once(socket, 'close');
    });
  });

  it('L11: a client that speaks on the peer path, and a peer on a client’s, get nowhere', async () => {
    await undisturbed(async (url) => {
      const client = new WebSocket(`${url}/peer`);
      const [error] = (await once(client, 'error')) as [Error];
      expect(error.message).toContain('400');
      const peer = new WebSocket(`${url}/a`);
      await once(peer, 'open');
      peer.send(hello);
      const [code] = (await once(peer, 'close')) as [number];
      expect(code).toBeGreaterThanOrEqual(4400);
    });
  });
});
