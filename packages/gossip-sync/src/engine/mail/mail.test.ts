import { describe, expect, test } from 'vitest';
import { replicaIdOf, TestCluster, type TestNode } from '../../testing/cluster.ts';
import { conversation, countOf, during } from '../../testing/conversation.ts';
import { byHand, linkedPair, repair } from '../../testing/scenes.ts';
import { testWriter } from '../../testing/writer.ts';
import { changeBytes } from '../changes.ts';

function acknowledged({ events }: TestNode, sequence: number): string[] {
  return events.flatMap((event) =>
    event.type === 'mailAcknowledged' && event.sequence >= sequence && !event.except.includes(sequence)
      ? [event.peer]
      : [],
  );
}

describe('direct mail', () => {
  test('G10: a change is told to every peer once, never back, and acknowledged when it is stored', async () => {
    const cluster = new TestCluster();
    const [a] = await cluster.startMesh(['a', 'b', 'c'], byHand);
    await cluster.until(() => cluster.isMeshed());
    await cluster.advance(1000);
    if (a === undefined) throw new Error('no node');
    const spoken = await during(cluster, async () => {
      await a.replica.write('doc', testWriter(1).type('hello'));
      await cluster.advance(1000);
    });
    expect(conversation(spoken, ['mail', 'repair', 'documents'])).toMatchInlineSnapshot(`
      [
        "a → b mail.delivery 1 through 1 (48 bytes)",
        "a → c mail.delivery 1 through 1 (48 bytes)",
        "b → a mail.receipt through 1 (9 bytes)",
        "c → a mail.receipt through 1 (9 bytes)",
      ]
    `);
    expect(a.node.durableOn(1)).toEqual([replicaIdOf('b'), replicaIdOf('c')]);
    expect(new Set(acknowledged(a, 1)).size).toBe(2);
    expect(await cluster.isEqual()).toBe(true);
  });

  test('G10: the changes of one batch go in one message', async () => {
    const cluster = new TestCluster();
    const [a] = await linkedPair(cluster, byHand);
    const writer = testWriter(1);
    const id = { collection: 'default', name: 'doc' };
    const spoken = await during(cluster, async () => {
      const changes = Array.from({ length: 5 }, (_, index) => ({
        key: '0'.repeat(32) as never,
        id,
        life: 1,
        origin: { kind: 'local' } as const,
        update: writer.type('x'),
        sequence: index + 1,
      }));
      a.node.committed(changes);
      await cluster.advance(100);
    });
    expect(countOf(spoken, 'delivery')).toBe(1);
    expect(countOf(spoken, 'receipt')).toBe(1);
  });

  test('G11: what a peer misses while it is away is mailed from the outbox when it is back, and not repaired too', async () => {
    const cluster = new TestCluster();
    // Small messages: the mail takes longer than a session would.
    const options = { ...byHand, mail: { batchBytes: 100, windowBytes: 200 } };
    const [a, b] = await linkedPair(cluster, options);
    cluster.network.cut('a', 'b');
    const writer = testWriter(1);
    for (let i = 0; i < 50; i++) await a.replica.write('doc', writer.type('x'));
    const spoken = await during(cluster, async () => {
      cluster.network.heal();
      await cluster.until(() => cluster.isEqual());
      await cluster.advance(1000);
    });
    expect(countOf(spoken, 'delivery')).toBeGreaterThan(10);
    expect(countOf(spoken, 'offer') + countOf(spoken, 'recentRequest')).toBe(0);
    expect(countOf(spoken, 'equal')).toBe(1);
    expect(a.node.durableOn(50)).toEqual([b.id]);
  });

  test('G11: mail survives the crash of both', async () => {
    const cluster = new TestCluster();
    const [a, b] = await linkedPair(cluster, byHand);
    const writer = testWriter(1);
    await a.replica.write('doc', writer.type('x'));
    await cluster.advance(2000);
    cluster.kill('b');
    await a.replica.write('doc', writer.type('y'));
    cluster.kill('a');
    const c = await cluster.start('a', { options: byHand, replica: a.replica.restarted() });
    const spoken = await during(cluster, async () => {
      await cluster.start('b', {
        options: { ...byHand, peers: { seeds: ['a'] } },
        replica: b.replica.restarted(),
      });
      await cluster.until(() => cluster.isEqual());
    });
    expect(countOf(spoken, 'delivery')).toBe(1);
    await cluster.advance(100);
    expect(c.node.durableOn(2)).toEqual([b.id]);
  });

  test('G12: mail that has left the outbox is counted and left to repair', async () => {
    const cluster = new TestCluster();
    const [a] = await linkedPair(cluster, byHand);
    a.replica.outboxLimit = 10;
    cluster.network.cut('a', 'b');
    for (let i = 0; i < 50; i++) await a.replica.write(`doc ${i}`, testWriter(i + 1).type('x'));
    cluster.network.heal();
    await cluster.until(() => cluster.isEqual());
    const dropped = a.events.filter((event) => event.type === 'mailDropped');
    expect(dropped).toEqual([expect.objectContaining({ count: 40 })]);
    expect(a.node.durableOn(45)).toHaveLength(1);
    expect(a.node.durableOn(40)).toHaveLength(0);
    await repair(cluster, a);
    expect(a.node.durableOn(40)).toHaveLength(1);
  });

  test('G13: a peer that does not acknowledge is sent a window, and the rest once it does', async () => {
    const cluster = new TestCluster();
    const options = { ...byHand, mail: { windowBytes: 10_000, batchBytes: 2000 } };
    const [a, b] = await linkedPair(cluster, options);
    const receipts: Uint8Array[] = [];
    cluster.network.tap = ({ from, frame }) => {
      if (from !== 'b') return frame;
      receipts.push(frame);
      return null;
    };
    const writer = testWriter(1);
    const spoken = await during(cluster, async () => {
      for (let i = 0; i < 100; i++) {
        await a.replica.write('doc', writer.type('x'.repeat(1000)));
        await cluster.advance(1);
      }
      await cluster.advance(100);
    });
    expect(spoken).toEqual([]);
    const stored = b.replica.text('doc')?.byteLength ?? 0;
    expect(stored).toBeGreaterThan(9000);
    expect(stored).toBeLessThan(14_000);
    cluster.network.tap = ({ frame }) => frame;
    cluster.network.cut('a', 'b');
    cluster.network.heal();
    await cluster.until(() => cluster.isEqual());
    expect(receipts.length).toBeGreaterThan(0);
  });

  test('G13: congested output stops mail until it has drained', async () => {
    const cluster = new TestCluster();
    const [a, b] = await linkedPair(cluster, byHand);
    const transport = cluster.transports.get('a');
    if (transport === undefined) throw new Error('no transport');
    transport.buffered = 2_000_000;
    const writer = testWriter(1);
    for (let i = 0; i < 5; i++) await a.replica.write('doc', writer.type('x'));
    await cluster.advance(100);
    expect(b.replica.text('doc')).not.toEqual(a.replica.text('doc'));
    transport.drained();
    await cluster.until(() => cluster.isEqual(), 1000);
  });

  test('G14: an update whose dependencies are missing is mended by exchanging the document with the sender', async () => {
    const cluster = new TestCluster();
    const [a, b] = await linkedPair(cluster, byHand);
    const writer = testWriter(1);
    a.replica.onCommit = () => {};
    await a.replica.write('doc', writer.type('not told '));
    a.replica.onCommit = (changes) => a.node.committed(changes);
    a.replica.dropOutbox();
    const durable: number[] = [];
    a.node.onEvent((event) => {
      if (event.type === 'mailAcknowledged') durable.push(a.node.durableOn(2).length);
    });
    const spoken = await during(cluster, async () => {
      await a.replica.write('doc', writer.type('told'));
      await cluster.advance(1000);
    });
    expect(conversation(spoken, ['mail', 'documents'])).toMatchInlineSnapshot(`
      [
        "a → b mail.delivery 1 through 2 (43 bytes)",
        "b → a mail.receipt through 2 except 2 (10 bytes)",
        "b → a documents.describe 1 (31 bytes)",
        "a → b documents.differences 1 changes, 0 wanted (77 bytes)",
        "b → a mail.receipt through 2 (9 bytes)",
      ]
    `);
    expect(b.replica.text('doc')).toEqual(a.replica.text('doc'));
    expect(durable).toEqual([0, 1]);
  });

  test('G16: a receipt is never given for mail that did not come: a gap ends the link, and what comes twice is ignored', async () => {
    const cluster = new TestCluster();
    const [a, b] = await linkedPair(cluster, byHand);
    const writer = testWriter(1);
    cluster.network.tap = () => null;
    await a.replica.write('doc', writer.type('lost '));
    await cluster.advance(10);
    cluster.network.tap = cluster.listen;
    await a.replica.write('doc', writer.type('arrives'));
    await cluster.advance(10);
    expect(a.node.durableOn(1)).toEqual([]);
    expect(b.events).toContainEqual(
      expect.objectContaining({ type: 'linkRefused', reason: 'mail is missing' }),
    );
    await cluster.until(() => a.node.durableOn(2).length > 0);
    expect(a.node.durableOn(1)).toEqual([b.id]);
    expect(await cluster.isEqual()).toBe(true);
  });

  test('G14: an update of a life that has ended brings its sender the certificate', async () => {
    const cluster = new TestCluster();
    const [a, b] = await linkedPair(cluster, byHand);
    const writer = testWriter(1);
    await a.replica.write('doc', writer.type('x'));
    await cluster.advance(100);
    cluster.network.tap = () => null;
    await b.replica.delete('doc', { life: 1, deletedAt: 1, activatedAt: 1, by: b.id, clients: [] });
    await cluster.advance(10);
    cluster.network.tap = cluster.listen;
    await a.replica.write('doc', writer.type('y'));
    await cluster.advance(1000);
    expect(a.replica.text('doc')).toBeNull();
    expect(await cluster.isEqual()).toBe(true);
  });

  test('G15: an update larger than a message goes in pieces', async () => {
    const cluster = new TestCluster();
    const options = { ...byHand, mail: { pieceBytes: 1000, batchBytes: 2000 } };
    const [a, b] = await linkedPair(cluster, options);
    const spoken = await during(cluster, async () => {
      await a.replica.write('doc', testWriter(1).type('x'.repeat(20_000)));
      await cluster.advance(1000);
    });
    expect(countOf(spoken, 'delivery')).toBeGreaterThanOrEqual(10);
    expect(await cluster.isEqual()).toBe(true);
    expect(b.events.some((event) => event.type === 'changeRefused')).toBe(false);
    expect(a.node.durableOn(1)).toEqual([b.id]);
  });

  test('G70: what is written now passes what was kept for a peer that was away, and counts as stored there in its turn', async () => {
    const { cluster, a, b, last } = await behind();
    await a.replica.write('live', testWriter(900).type('now'));
    await cluster.until(() => b.replica.text('live') !== undefined, 1500);
    expect(b.replica.text(last)).toBeUndefined();
    await cluster.advance(3000);
    expect(b.replica.text(last)).toBeUndefined();
    expect(a.node.durableOn(kept + 1)).toEqual([]);
    expect(a.node.holdersOfAll(kept + 1)).toEqual([]);
    await cluster.until(() => a.node.durableOn(kept + 1).length > 0, 120_000);
    expect(a.node.durableOn(kept)).toEqual([b.id]);
    expect(await cluster.isEqual()).toBe(true);
  });

  test('G70: so does one that builds on what was kept: its document goes first', async () => {
    const { cluster, a, b, last, writers } = await behind();
    await a.replica.write(last, writers.at(-1)?.type(' and now') ?? new Uint8Array());
    await cluster.until(() => b.replica.text(last) !== undefined, 5000);
    expect(b.replica.text(last)).toEqual(a.replica.text(last));
    expect(b.replica.text(`kept ${kept - 2}`)).toBeUndefined();
    expect(a.node.durableOn(kept + 1)).toEqual([]);
    await cluster.until(() => a.node.durableOn(kept + 1).length > 0, 120_000);
    expect(await cluster.isEqual()).toBe(true);
  });

  test('G70: what passes is little: large changes, and many, wait their turn', async () => {
    const { cluster, a, b } = await behind();
    const spoken = await during(cluster, async () => {
      await a.replica.write('large', testWriter(900).type('x'.repeat(20_000)));
      for (let i = 0; i < 40; i++)
        await a.replica.write(`many ${i}`, testWriter(901 + i).type('y'.repeat(1000)));
      await cluster.advance(10);
    });
    const passed = spoken.flatMap(({ said }) =>
      said.channel === 'mail' && said.message.type === 'delivery' ? said.message.entries : [],
    );
    expect(passed.length).toBeGreaterThan(10);
    expect(passed.reduce((sum, { change }) => sum + changeBytes(change), 0)).toBeLessThanOrEqual(16_384);
    await cluster.until(() => a.node.durableOn(kept + 41).length > 0, 120_000);
    expect(await cluster.isEqual()).toBe(true);
    expect(b.events.some((event) => event.type === 'changeRefused')).toBe(false);
  });
});

const kept = 40;

/** A second of round trip, and a peer that has just come back to twenty times as much as may be under way. */
async function behind() {
  const cluster = new TestCluster();
  const [a, b] = await linkedPair(cluster, byHand);
  cluster.network.cut('a', 'b');
  const writers = Array.from({ length: kept }, (_, at) => testWriter(100 + at));
  for (const [at, writer] of writers.entries())
    await a.replica.write(`kept ${at}`, writer.type('x'.repeat(15_000)));
  cluster.network.delayMs = 500;
  cluster.network.heal();
  await cluster.until(() => b.replica.text('kept 0') !== undefined);
  return { cluster, a, b, writers, last: `kept ${kept - 1}` };
}
