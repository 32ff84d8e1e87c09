import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/node-process.ts';
import { Cluster, contentOf, statusOf, untilEqual } from './cluster.ts';

const cluster = new Cluster();

afterEach(() => cluster.end());

describe('a partition', () => {
  it('L5: both sides go on; after the heal both hold both sides’ edits', async () => {
    const ports = [await freePort(), await freePort()] as const;
    const relays = [await cluster.relay(() => ports[0]), await cluster.relay(() => ports[1])] as const;
    // Each reaches the other through a relay alone.
    const relayed = relays.map(({ port }) => `ws://127.0.0.1:${port}`) as [string, string];
    const left = await cluster.node({ port: ports[0], with: ['--advertise', relayed[0]] });
    const right = await cluster.node({
      port: ports[1],
      with: ['--advertise', relayed[1]],
      join: [relayed[0]],
    });
    const [writer, reader] = [cluster.client(left, 'shared'), cluster.client(right, 'shared')];
    writer.doc.getText('text').insert(0, 'before ');
    await eventually('the edit to cross', () => reader.text() === 'before ');

    for (const relay of relays) relay.cut();
    await eventually('both to notice', async () => {
      const statuses = await Promise.all([left, right].map(statusOf));
      return statuses.every(({ gossip }) => gossip.linkedPeers === 0);
    });
    for (let i = 0; i < 50; i++) {
      writer.doc.getText('text').insert(writer.doc.getText('text').length, `l${i} `);
      reader.doc.getText('text').insert(reader.doc.getText('text').length, `r${i} `);
      cluster.client(left, `left-${i}`).doc.getText('text').insert(0, 'left');
    }
    await eventually(
      'the cut side to be served',
      async () => (await contentOf(left, 'left-49')) !== undefined,
    );
    expect(await contentOf(right, 'left-49')).toBeUndefined();

    for (const relay of relays) relay.heal();
    await untilEqual([left, right], 51, 30_000);
    await eventually('clients to be equal', () => writer.text() === reader.text());
    for (let i = 0; i < 50; i++) {
      expect(writer.text()).toContain(`l${i} `);
      expect(writer.text()).toContain(`r${i} `);
    }
    expect(await contentOf(right, 'left-49')).toEqual({ text: 'left' });
  });
});
