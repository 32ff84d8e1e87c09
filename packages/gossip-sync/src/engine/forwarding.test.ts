import { describe, expect, test } from 'vitest';
import { TestCluster, type TestNode } from '../testing/cluster.ts';
import { countOf, during } from '../testing/conversation.ts';
import { byHand } from '../testing/scenes.ts';
import { testWriter } from '../testing/writer.ts';

/** Starts nodes that have links along `edges` only, and waits until everybody has told its neighbours. */
async function topology(
  cluster: TestCluster,
  edges: readonly (readonly [string, string])[],
): Promise<TestNode[]> {
  const names = [...new Set(edges.flat())].sort();
  for (const a of names) {
    for (const b of names) {
      const isEdge = edges.some(([x, y]) => (x === a && y === b) || (x === b && y === a));
      if (a < b && !isEdge) cluster.network.cut(a, b);
    }
  }
  const nodes: TestNode[] = [];
  for (const name of names) {
    const seeds = edges.filter(([from]) => from === name).map(([, to]) => to);
    nodes.push(await cluster.start(name, { options: { ...byHand, peers: { seeds } } }));
  }
  const links = (name: string): number => edges.filter((edge) => edge.includes(name)).length;
  await cluster.until(() => names.every((name) => cluster.linkedPeers(name) === links(name)));
  await cluster.advance(1000);
  return nodes;
}

const ring = (names: readonly string[]): [string, string][] =>
  names.map((name, index) => [name, names[(index + 1) % names.length] ?? '']);
const line = (names: readonly string[]): [string, string][] => ring(names).slice(0, -1);
const clique = (names: readonly string[]): [string, string][] =>
  names.flatMap((a, index) => names.slice(index + 1).map((b): [string, string] => [a, b]));
const letters = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `n${String(index).padStart(2, '0')}`);

/** Edges, and the payloads that one change may take. */
const networks = [
  ['a line of 6', line(letters(6)), 5],
  // One more each way than a line: the two waves meet.
  ['a ring of 20', ring(letters(20)), 21],
  ['two cliques of 4 joined by one node', [...clique(letters(5)), ...clique(letters(9).slice(4))], 8],
  ['a full mesh of 6', clique(letters(6)), 5],
] as const;

describe('partly connected networks', () => {
  test.each(networks)(
    'G17: in %s a change reaches everybody by mail, passed on only to those who do not hear it elsewhere',
    async (_, edges, payloads) => {
      const cluster = new TestCluster();
      const [first] = await topology(cluster, edges);
      const spoken = await during(cluster, async () => {
        await first?.replica.write('doc', testWriter(1).type('news'));
        await cluster.until(() => cluster.isEqual(), 2000, 5);
        await cluster.advance(2000);
      });
      expect(countOf(spoken, 'delivery')).toBeLessThanOrEqual(payloads);
      expect(countOf(spoken, 'describe')).toBe(0);
    },
  );

  test('G17: in a ring of 20 a change of 1 MB comes to each node one and a half times at most', async () => {
    const cluster = new TestCluster();
    const names = letters(20);
    const [first] = await topology(cluster, ring(names));
    const bytes = 1_000_000;
    const spoken = await during(cluster, async () => {
      await first?.replica.write('doc', testWriter(1).type('x'.repeat(bytes)));
      await cluster.until(() => cluster.isEqual(), 20_000, 5);
      await cluster.advance(2000);
    });
    const received = spoken.reduce((sum, message) => sum + message.bytes, 0);
    expect(received / (names.length - 1)).toBeLessThanOrEqual(1.5 * bytes);
    expect(received / (names.length - 1)).toBeGreaterThanOrEqual(bytes);
  });

  test('G18: what repair finds is passed on', async () => {
    const cluster = new TestCluster();
    const [, b, , d] = await topology(cluster, line(letters(4)));
    cluster.network.cut('n00', 'n01');
    await cluster.nodes.get('n00')?.replica.write('doc', testWriter(1).type('found'));
    cluster.nodes.get('n00')?.replica.dropOutbox();
    cluster.network.heal();
    for (const [x, y] of [
      ['n00', 'n02'],
      ['n00', 'n03'],
      ['n01', 'n03'],
    ] as const)
      cluster.network.cut(x, y);
    await cluster.until(() => b?.replica.text('doc') !== undefined);
    await cluster.advance(100);
    expect(d?.replica.text('doc')).toBeDefined();
  });

  test('G19: a node that can only dial out hears and is heard', async () => {
    const cluster = new TestCluster();
    const a = await cluster.start('a', { options: byHand });
    const b = await cluster.start('b', { options: { ...byHand, peers: { seeds: ['a'] } }, address: null });
    const c = await cluster.start('c', { options: { ...byHand, peers: { seeds: ['a'] } }, address: null });
    await cluster.until(() => cluster.linkedPeers('a') === 2);
    await cluster.advance(1000);
    await b.replica.write('doc', testWriter(1).type('from behind a wall'));
    await cluster.until(() => cluster.isEqual(), 1000);
    expect(c.replica.text('doc')).toEqual(a.replica.text('doc'));
    expect(cluster.linkedPeers('b')).toBe(1);
  });
});
