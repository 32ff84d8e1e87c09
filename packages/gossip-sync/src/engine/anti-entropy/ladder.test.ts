import { describe, expect, test } from 'vitest';
import { TestCluster } from '../../testing/cluster.ts';
import { bytesOf, conversation, countOf, during } from '../../testing/conversation.ts';
import { byHand, fill, lastRepair, linkedPair, repair, writeEverywhere } from '../../testing/scenes.ts';
import { testWriter } from '../../testing/writer.ts';

describe('rung 0', () => {
  test.each([1, 1000])(
    'G20: equal nodes with %i documents exchange at most 64 bytes each way',
    async (count) => {
      const cluster = new TestCluster();
      const [a, b] = await linkedPair(cluster, byHand, (nodes) => writeEverywhere(nodes, count));
      const spoken = await during(cluster, () => repair(cluster, a));
      expect(lastRepair(a)).toMatchObject({ outcome: 'equal', moved: 0, rounds: 0 });
      expect(bytesOf(spoken, a.name)).toBeLessThanOrEqual(64);
      expect(bytesOf(spoken, b.name)).toBeLessThanOrEqual(64);
      expect(conversation(spoken, ['repair'])).toEqual([
        expect.stringMatching(/^a → b repair.compare/),
        expect.stringMatching(/^b → a repair.equal/),
      ]);
    },
  );

  test('G20: empty nodes are equal', async () => {
    const cluster = new TestCluster();
    const [a] = await linkedPair(cluster, byHand);
    await repair(cluster, a);
    expect(lastRepair(a)).toMatchObject({ outcome: 'equal' });
  });
});

describe('rung 1', () => {
  test('G21: what changed since the two last agreed costs at most 64 bytes a difference to find, and no walk', async () => {
    const cluster = new TestCluster();
    const [a, b] = await linkedPair(cluster, byHand, (nodes) => writeEverywhere(nodes, 500));
    await repair(cluster, a);
    cluster.network.cut('a', 'b');
    await fill(b, 'new at b', 100);
    await fill(a, 'new at a', 100);
    for (const { replica } of [a, b]) replica.dropOutbox();
    const spoken = await during(cluster, async () => {
      cluster.network.heal();
      await cluster.until(() => cluster.isEqual());
      await cluster.advance(1000);
    });
    const finding = spoken.filter(({ said }) => said.channel === 'repair');
    expect(bytesOf(finding, 'a') + bytesOf(finding, 'b')).toBeLessThanOrEqual(200 * 64);
    expect(countOf(spoken, 'walk')).toBe(0);
    expect(lastRepair(a) ?? lastRepair(b)).toMatchObject({ outcome: 'equal', walked: false });
  });

  test('G21: the conversation about one new document on each side', async () => {
    const cluster = new TestCluster();
    const [a, b] = await linkedPair(cluster, byHand, (nodes) => writeEverywhere(nodes, 3));
    await repair(cluster, a);
    cluster.network.cut('a', 'b');
    await b.replica.write('at b', testWriter(8).type('b'));
    await a.replica.write('at a', testWriter(9).type('a'));
    for (const { replica } of [a, b]) replica.dropOutbox();
    const spoken = await during(cluster, async () => {
      cluster.network.heal();
      await cluster.until(() => cluster.isEqual());
      await cluster.advance(1000);
    });
    expect(conversation(spoken, ['repair', 'documents'])).toMatchInlineSnapshot(`
      [
        "a → b repair.compare (26 bytes)",
        "b → a repair.differs (28 bytes)",
        "a → b repair.recentRequest (11 bytes)",
        "b → a repair.recent 1 (43 bytes)",
        "a → b documents.describe 1 (31 bytes)",
        "b → a documents.differences 1 changes, 0 wanted (66 bytes)",
        "a → b repair.offer 1 (41 bytes)",
        "b → a repair.offerAnswer 1 (25 bytes)",
        "a → b documents.describe 1 (37 bytes)",
        "b → a documents.differences 0 changes, 1 wanted (53 bytes)",
        "a → b documents.changes 1 (42 bytes)",
        "b → a documents.stored (9 bytes)",
        "a → b repair.settled (8 bytes)",
        "a → b repair.compare (26 bytes)",
        "b → a repair.equal (8 bytes)",
      ]
    `);
  });

  test('G22: a node that was away for 10,000 updates catches up by rung 1', async () => {
    const cluster = new TestCluster();
    const [a, b] = await linkedPair(cluster, byHand, (nodes) => writeEverywhere(nodes, 200));
    await repair(cluster, a);
    cluster.network.cut('a', 'b');
    const writers = Array.from({ length: 100 }, (_, index) => testWriter(1000 + index));
    for (let round = 0; round < 100; round++) {
      for (const [index, writer] of writers.entries())
        await a.replica.write(`doc ${index}`, writer.type('x'));
    }
    for (const { replica } of [a, b]) replica.dropOutbox();
    const spoken = await during(cluster, async () => {
      cluster.network.heal();
      await cluster.until(() => cluster.isEqual());
    });
    expect(countOf(spoken, 'walk')).toBe(0);
    expect(countOf(spoken, 'delivery')).toBe(0);
  });
});

describe('rung 2', () => {
  test('G23: an old difference that no feed tells is found by a walk, at no more than 1 KB each', async () => {
    const cluster = new TestCluster();
    const [a, b] = await linkedPair(cluster, byHand, (nodes) => writeEverywhere(nodes, 2000));
    await repair(cluster, a);
    for (let i = 0; i < 20; i++) await b.replica.lose(`doc ${i * 97}`);
    const spoken = await during(cluster, () => repair(cluster, a));
    expect(await cluster.isEqual()).toBe(true);
    expect(lastRepair(a)).toMatchObject({ outcome: 'equal', walked: true, moved: 20 });
    const walking = spoken.filter(({ said }) => said.channel === 'repair');
    expect(bytesOf(walking, 'a') + bytesOf(walking, 'b')).toBeLessThanOrEqual(20 * 1024);
  });
});
