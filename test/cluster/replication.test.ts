import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Cluster, contentOf, statusOf, untilEqual } from './cluster.ts';

const cluster = new Cluster();

afterEach(() => cluster.end());

describe('three nodes', () => {
  it('L3: what is written on one node is read on the others, live, and their roots agree', async () => {
    const nodes = await cluster.nodes(3);
    const clients = nodes.map((node) => cluster.client(node, 'a/b'));
    for (const [index, { doc }] of clients.entries()) {
      doc.getText('text').insert(0, `from ${index}. `);
      doc.getMap('map').set(String(index), { nested: [index] });
    }
    await eventually('all clients to read all', () =>
      clients.every(({ text }) => [0, 1, 2].every((index) => text().includes(`from ${index}. `))),
    );
    expect(new Set(clients.map(({ text }) => text())).size).toBe(1);
    await untilEqual(nodes, 1);
    const contents = await Promise.all(nodes.map((node) => contentOf(node, 'a/b')));
    for (const content of contents) {
      expect(content).toEqual({
        map: { 0: { nested: [0] }, 1: { nested: [1] }, 2: { nested: [2] } },
        text: clients[0]?.text(),
      });
    }
  });

  it('L24: in a full mesh an update reaches a node once, and its node tells so', async () => {
    const nodes = await cluster.nodes(3);
    const [first] = nodes;
    if (first === undefined) throw new Error('no node');
    await eventually('a full mesh', async () => {
      const statuses = await Promise.all(nodes.map(statusOf));
      return statuses.every(({ gossip }) => gossip.linkedPeers === 2);
    });
    const writer = cluster.client(first, 'a');
    const readers = nodes.slice(1).map((node) => cluster.client(node, 'a'));
    for (let edit = 1; edit <= 50; edit++) {
      writer.doc.getText('text').insert(0, 'x');
      await eventually('the edit to cross', () => readers.every(({ text }) => text().length === edit));
    }
    for (const node of nodes.slice(1)) {
      const { counters, redundancy } = (await statusOf(node)).gossip;
      expect(counters['mailNovel']).toBeGreaterThan(0);
      expect(redundancy).toBeGreaterThanOrEqual(1);
      expect(redundancy).toBeLessThanOrEqual(1.1);
      const metrics = await (await fetch(`${node.http}/metrics`)).text();
      expect(metrics).toContain(`hearsay_gossip_redundancy ${redundancy}`);
    }
  });

  it('L3: clients on different nodes see each other come and go', async () => {
    const [here, there] = await cluster.nodes(2);
    if (here === undefined || there === undefined) throw new Error('no nodes');
    const [one, two] = [cluster.client(here, 'a'), cluster.client(there, 'a')];
    one.provider.awareness.setLocalStateField('user', { name: 'Ada' });
    const seen = (): unknown => two.provider.awareness.getStates().get(one.doc.clientID)?.['user'];
    await eventually('presence on the other node', () => seen() !== undefined);
    expect(seen()).toEqual({ name: 'Ada' });
    one.provider.destroy();
    await eventually('presence to end on the other node', () => seen() === undefined);
  });
});
