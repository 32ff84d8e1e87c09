import { describe, expect, test } from 'vitest';
import { TestCluster } from '../testing/cluster.ts';
import { byHand } from '../testing/scenes.ts';
import { testWriter } from '../testing/writer.ts';
import { closeCodes } from '../wire/close-codes.ts';

describe('finding each other', () => {
  test('G50: one seed is enough to be linked to everybody', async () => {
    const cluster = new TestCluster();
    await cluster.start('seed', { options: byHand });
    for (const name of ['a', 'b', 'c', 'd']) {
      await cluster.start(name, { options: { ...byHand, peers: { seeds: ['seed'] } } });
    }
    await cluster.until(() => cluster.isMeshed(), 10_000);
  });

  test('G50: seeds that cannot be reached are dialled until they can', async () => {
    const cluster = new TestCluster();
    const a = await cluster.start('a', { options: { ...byHand, peers: { seeds: ['late'] } } });
    await cluster.advance(120_000);
    const failed = a.events.filter((event) => event.type === 'dialFailed').length;
    expect(failed).toBeGreaterThan(5);
    expect(failed).toBeLessThan(40);
    await cluster.start('late', { options: byHand });
    await cluster.until(() => cluster.isMeshed(), 60_000);
  });

  test('G51: peers are remembered: a restarted node finds them without its seed', async () => {
    const cluster = new TestCluster();
    const options = { ...byHand, peers: { seeds: ['seed'] } };
    await cluster.start('seed', { options: byHand });
    const a = await cluster.start('a', { options });
    await cluster.start('b', { options });
    await cluster.until(() => cluster.isMeshed());
    await cluster.advance(1000);
    cluster.kill('seed');
    cluster.kill('a');
    await cluster.start('a', { options, replica: a.replica.restarted() });
    await cluster.until(() => cluster.linkedPeers('a') === 1);
  });

  test('G52: no node has more links than it may, and what is written still reaches all', async () => {
    const cluster = new TestCluster();
    const names = Array.from({ length: 12 }, (_, index) => `n${index}`);
    for (const name of names) {
      await cluster.start(name, { options: { ...byHand, mail: { maxPeers: 5 }, peers: { seeds: ['n0'] } } });
    }
    await cluster.advance(20_000);
    await cluster.nodes.get('n7')?.replica.write('doc', testWriter(1).type('x'));
    await cluster.until(() => cluster.isEqual(), 10_000);
  });
});

describe('the end', () => {
  test('G53: a stopped node says goodbye, writes its cursors and does nothing more', async () => {
    const cluster = new TestCluster();
    const [a, b] = await cluster.startMesh(['a', 'b'], byHand);
    await cluster.until(() => cluster.isMeshed());
    await cluster.advance(1000);
    await a?.replica.write('doc', testWriter(1).type('x'));
    await cluster.advance(100);
    await a?.node.stop();
    await cluster.advance(100);
    expect(b?.events).toContainEqual(
      expect.objectContaining({ type: 'peerUnlinked', peer: a?.id, code: closeCodes.goingAway }),
    );
    expect(await a?.replica.mailCursor(b?.id ?? a.id)).toBe(1);
    expect(a?.node.status().state).toBe('stopped');
    const said = cluster.spoken.length;
    const told = a?.events.length;
    a?.node.committed([]);
    a?.node.repairNow();
    await cluster.advance(10_000);
    expect(cluster.spoken.slice(said).filter(({ from }) => from === 'a')).toEqual([]);
    // Others still dial it.
    expect(a?.events.slice(told)).toEqual([]);
  });

  test('G54: a store that fails ends the node with an event, and its peers are told to come back later', async () => {
    const cluster = new TestCluster();
    const [a, b] = await cluster.startMesh(['a', 'b'], byHand);
    await cluster.until(() => cluster.isMeshed());
    await cluster.advance(1000);
    if (a === undefined) throw new Error('no node');
    a.replica.failure = new Error('the disk is gone');
    a.node.repairNow();
    await cluster.advance(100);
    expect(a.events.filter((event) => event.type === 'storeFailed')).toHaveLength(1);
    expect(a.node.status().state).toBe('stopped');
    expect(b?.events).toContainEqual(
      expect.objectContaining({ type: 'peerUnlinked', code: closeCodes.storeFailed }),
    );
  });

  test('G55: the status tells of every peer, linked or not', async () => {
    const cluster = new TestCluster();
    const [a, b] = await cluster.startMesh(['a', 'b'], { ...byHand, region: 'eu' });
    await cluster.until(() => cluster.isMeshed());
    await cluster.advance(1000);
    expect(a?.node.status().peers).toMatchObject([
      {
        replicaId: b?.id,
        addresses: ['b'],
        region: 'eu',
        mailLag: 0,
        lastRepair: { outcome: 'equal' },
        link: { address: 'b', direction: 'dialled' },
      },
    ]);
    cluster.kill('b');
    await cluster.advance(100);
    await a?.replica.write('doc', testWriter(1).type('x'));
    await cluster.advance(100);
    expect(a?.node.status().peers).toMatchObject([{ link: null, linkedSince: null, mailLag: 1 }]);
  });

  test('G56: the same seed gives the same conversation', async () => {
    const run = async (): Promise<string> => {
      const cluster = new TestCluster('one seed');
      await cluster.startMesh(['a', 'b', 'c'], { antiEntropy: { intervalMs: 500 } });
      for (let i = 0; i < 20; i++) {
        await cluster.nodes.get('a')?.replica.write(`doc ${i}`, testWriter(i + 1).type('x'));
        await cluster.advance(100);
      }
      return JSON.stringify(cluster.spoken);
    };
    expect(await run()).toBe(await run());
  });
});
