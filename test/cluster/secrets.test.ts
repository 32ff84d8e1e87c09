import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { freePort, type NodeProcess } from '../support/node-process.ts';
import { Cluster, contentOf, statusOf, testSecret, untilEqual } from './cluster.ts';

const cluster = new Cluster();

afterEach(() => cluster.end());

const nextSecret = 'e6a1f27c50b94d3899c7401bd2f86a3e';

describe('changing the cluster secret', () => {
  it('L49: node after node is restarted with both and then the new one; nobody is parted, and who has just the old is out', async () => {
    const ports = [await freePort(), await freePort()];
    const places = await Promise.all(ports.map(async (port) => ({ port, data: await cluster.directory() })));
    const nodes: NodeProcess[] = [];
    const start = async (index: number, secret: string): Promise<NodeProcess> => {
      const others = ports.filter((_, other) => other !== index).map((port) => `ws://127.0.0.1:${port}`);
      const node = await cluster.node({ ...places[index], join: others, secret });
      nodes[index] = node;
      return node;
    };
    for (const index of ports.keys()) await start(index, testSecret);
    const lost = await cluster.node({ secret: testSecret, join: [`ws://127.0.0.1:${ports[0]}`] });
    await eventually('all to be linked', () => haveLinks(nodes, 2));

    let edits = 0;
    for (const secret of [`${testSecret}\n${nextSecret}`, `${nextSecret}\n${testSecret}`, nextSecret]) {
      for (const index of ports.keys()) {
        await nodes[index]?.stop('SIGTERM');
        const node = await start(index, secret);
        await eventually('its link', () => haveLinks([node], 1));
        const { doc } = cluster.client(node, `document ${edits++}`);
        doc.getText('text').insert(0, 'kept');
        await untilEqual(nodes, edits);
      }
    }
    await eventually('the node with the old secret to be alone', async () => {
      const { linkedPeers, refusals } = (await statusOf(lost)).gossip;
      return linkedPeers === 0 && refusals.some(({ code }) => code === 'WRONG_SECRET');
    });
    cluster.client(lost, 'a stranger').doc.getText('text').insert(0, 'unseen');
    await eventually('its edit', async () => (await contentOf(lost, 'a stranger'))?.['text'] === 'unseen');
    for (const node of nodes) expect((await statusOf(node)).documents).toBe(edits);
    for (const node of nodes) {
      expect(node.output()).not.toContain(testSecret);
      expect(node.output()).not.toContain(nextSecret);
    }
  }, 120_000);
});

async function haveLinks(nodes: readonly NodeProcess[], atLeast: number): Promise<boolean> {
  const statuses = await Promise.all(nodes.map(statusOf));
  return statuses.every(({ gossip }) => gossip.linkedPeers >= atLeast);
}
