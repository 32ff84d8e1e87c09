import { utf8Encode } from '@hearsay/core';
import { describe, expect, test } from 'vitest';
import { TestCluster, type TestNode } from '../../testing/cluster.ts';
import { countOf, during } from '../../testing/conversation.ts';
import { byHand } from '../../testing/scenes.ts';
import type { PresenceState } from './messages.ts';

const id = { collection: 'default', name: 'doc' };

function state(client: number, clock: number, value: string | null): PresenceState {
  return { id, client, clock, state: value === null ? null : utf8Encode(value) };
}

/** What the clients of a node see now: the last value of each client elsewhere. */
function seen({ present }: TestNode): Record<number, string> {
  const values: Record<number, string> = {};
  for (const { client, state: bytes } of present.flatMap(({ states }) => states)) {
    if (bytes === null) delete values[client];
    else values[client] = new TextDecoder().decode(bytes);
  }
  return values;
}

async function trio(cluster: TestCluster, options = {}): Promise<readonly [TestNode, TestNode, TestNode]> {
  const [a, b, c] = await cluster.startMesh(['a', 'b', 'c'], { ...byHand, ...options });
  await cluster.until(() => cluster.isMeshed());
  await cluster.advance(1000);
  if (!a || !b || !c) throw new Error('no nodes');
  return [a, b, c];
}

describe('presence', () => {
  test('G40: states reach the clients of every node, the changes of a tick in one message', async () => {
    const cluster = new TestCluster();
    const [a, b, c] = await trio(cluster);
    const spoken = await during(cluster, async () => {
      for (let clock = 1; clock <= 10; clock++) a.node.presence([state(1, clock, `at ${clock}`)]);
      a.node.presence([state(2, 1, 'other')]);
      await cluster.advance(200);
    });
    expect(seen(b)).toEqual({ 1: 'at 10', 2: 'other' });
    expect(seen(c)).toEqual(seen(b));
    expect(seen(a)).toEqual({});
    expect(countOf(spoken, 'states')).toBe(2);
  });

  test('G41: an older clock changes nothing; with equal ones gone beats present', async () => {
    const cluster = new TestCluster();
    const [a, b, c] = await trio(cluster);
    a.node.presence([state(1, 5, 'five')]);
    await cluster.advance(200);
    c.node.presence([state(1, 4, 'four')]);
    await cluster.advance(200);
    expect(seen(b)).toEqual({ 1: 'five' });
    a.node.presence([state(1, 5, null)]);
    await cluster.advance(200);
    expect(seen(b)).toEqual({});
  });

  test('G42: a newcomer is told what there is', async () => {
    const cluster = new TestCluster();
    const [a] = await trio(cluster);
    a.node.presence([state(1, 1, 'here')]);
    await cluster.advance(200);
    const d = await cluster.start('d', { options: { ...byHand, peers: { seeds: ['b'] } } });
    await cluster.until(() => Object.keys(seen(d)).length > 0);
    expect(seen(d)).toEqual({ 1: 'here' });
  });

  test('G43: states go with their node, and with their time', async () => {
    const cluster = new TestCluster();
    const [a, b, c] = await trio(cluster, { presence: { ttlMs: 30_000 } });
    a.node.presence([state(1, 1, 'a')]);
    c.node.presence([state(3, 1, 'c')]);
    await cluster.advance(200);
    expect(seen(b)).toEqual({ 1: 'a', 3: 'c' });
    cluster.kill('a');
    await cluster.advance(1000);
    expect(seen(b)).toEqual({ 3: 'c' });
    await cluster.advance(36_000);
    expect(seen(b)).toEqual({});
  });

  test('G43: states stay while their node can be reached another way', async () => {
    const cluster = new TestCluster();
    const [a, b] = await trio(cluster);
    a.node.presence([state(1, 1, 'a')]);
    await cluster.advance(200);
    cluster.network.cut('a', 'b');
    await cluster.advance(1000);
    expect(seen(b)).toEqual({ 1: 'a' });
    a.node.presence([state(1, 2, 'a around the corner')]);
    await cluster.advance(400);
    expect(seen(b)).toEqual({ 1: 'a around the corner' });
  });

  test('G44: states beyond the bound are dropped and counted', async () => {
    const cluster = new TestCluster();
    const [a, b] = await trio(cluster, { presence: { maxStates: 10 } });
    a.node.presence(Array.from({ length: 25 }, (_, client) => state(client, 1, 'x')));
    await cluster.advance(200);
    expect(Object.keys(seen(b))).toHaveLength(10);
    expect(b.node.status().counters['presenceDropped']).toBe(15);
  });
});
