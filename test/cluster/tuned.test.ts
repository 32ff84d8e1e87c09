import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import type { NodeProcess } from '../support/node-process.ts';
import { Cluster, proofFor, statusOf, untilEqual } from './cluster.ts';

const cluster = new Cluster();

afterEach(() => cluster.end());

async function counters(node: NodeProcess): Promise<Readonly<Record<string, number>>> {
  return (await statusOf(node)).gossip.counters;
}

describe('mechanisms chosen by the operator', () => {
  it('L25: nodes told to send no mail spread the same updates as rumours, by the variant they are told', async () => {
    const settings = [
      'mail.maxPeers=0',
      'rumour.direction=push',
      'rumour.k=2',
      'rumour.announceAboveBytes=0',
    ];
    const tuned = settings.flatMap((setting) => ['--gossip', setting]);
    const first = await cluster.node({ with: tuned });
    const nodes = [first];
    for (let count = 0; count < 3; count++)
      nodes.push(await cluster.node({ join: [first.url], with: tuned }));
    const writer = cluster.client(first, 'document');
    const readers = nodes.slice(1).map((node) => cluster.client(node, 'document'));
    for (let edit = 1; edit <= 10; edit++) {
      writer.doc.getText('text').insert(0, 'x');
      await eventually('the edit to cross', () => readers.every(({ text }) => text().length === edit));
    }
    const counted = await Promise.all(nodes.map(counters));
    const sum = (name: string): number => counted.reduce((total, of) => total + (of[name] ?? 0), 0);
    expect(sum('mailSent')).toBe(0);
    expect(sum('rumoursNovel')).toBeGreaterThan(0);
    // Everything was announced and asked for, so hardly anything came twice.
    expect(sum('rumoursReceived')).toBeLessThanOrEqual(1.1 * sum('rumoursNovel'));
    await untilEqual(nodes, 1);
  });

  it('L26: an operator has stores compared at once', async () => {
    const rarely = ['--repair-interval', '3600000'];
    const first = await cluster.node({ with: rarely });
    const second = await cluster.node({ join: [first.url], with: rarely });
    await eventually('the link', async () => (await statusOf(second)).gossip.linkedPeers === 1);
    await eventually('the comparison of a new link', async () =>
      (await Promise.all([first, second].map(counters))).some(({ repairs = 0 }) => repairs > 0),
    );
    const { repairs: before = 0 } = await counters(second);
    const answer = await fetch(`${second.http}/api/admin/repair`, {
      method: 'POST',
      headers: { authorization: await proofFor(second) },
    });
    expect(await answer.json()).toEqual({ peers: 1 });
    await eventually('the comparison', async () => ((await counters(second))['repairs'] ?? 0) > before);
    expect((await fetch(`${second.http}/api/admin/repair`, { method: 'POST' })).status).toBe(401);
  });
});
