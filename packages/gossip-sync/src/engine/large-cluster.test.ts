import { utf8Encode } from '@hearsay/core';
import { describe, expect, test } from 'vitest';
import { TestCluster, type TestNode } from '../testing/cluster.ts';
import { countOf, during } from '../testing/conversation.ts';
import { byHand } from '../testing/scenes.ts';
import { testWriter } from '../testing/writer.ts';

const names = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `n${String(index).padStart(2, '0')}`);

function isFullMesh({ events }: TestNode): boolean {
  return events.findLast((event) => event.type === 'meshChanged')?.isFullMesh ?? true;
}

/** A cluster that has outgrown its full mesh and has settled into partial views. */
async function grown(count: number, maxPeers: number): Promise<TestCluster> {
  const cluster = new TestCluster();
  const options = { ...byHand, mail: { maxPeers }, peers: { seeds: ['n00', 'n01'] } };
  for (const name of names(count)) {
    await cluster.start(name, { options });
    await cluster.advance(20);
  }
  await cluster.until(() => [...cluster.nodes.values()].every((node) => !isFullMesh(node)), 120_000, 500);
  await cluster.advance(60_000);
  return cluster;
}

describe('above the size of a full mesh', () => {
  test('G60: nodes keep a few links, and rumours carry news to everybody', async () => {
    const cluster = await grown(24, 8);
    const links = names(24).map((name) => cluster.linkedPeers(name));
    expect(Math.max(...links)).toBeLessThan(16);
    expect(Math.min(...links)).toBeGreaterThan(0);
    const spoken = await during(cluster, async () => {
      await cluster.nodes.get('n07')?.replica.write('doc', testWriter(1).type('news'));
      await cluster.until(() => cluster.isEqual(), 20_000, 50);
      // What is still on its way arrives.
      await cluster.advance(1000);
    });
    expect(countOf(spoken, 'delivery')).toBe(0);
    const payloads = spoken.reduce(
      (sum, { said }) => sum + ('payloads' in said.message ? said.message.payloads.length : 0),
      0,
    );
    expect(payloads).toBeGreaterThanOrEqual(23);
    expect(payloads).toBeLessThan(3 * 23);
    const counted = (name: string): number =>
      [...cluster.nodes.values()].reduce((sum, { node }) => sum + (node.summary().counters[name] ?? 0), 0);
    expect(counted('rumoursSent')).toBe(payloads);
    expect(counted('rumoursReceived')).toBe(payloads);
    expect(counted('rumoursNovel')).toBe(23);
    for (const { node } of cluster.nodes.values()) {
      const { counters, redundancy } = node.summary();
      if (counters['rumoursNovel'] === undefined) expect(redundancy).toBe(null);
      else expect(redundancy).toBe(counters['rumoursReceived']);
    }
  });

  test('G61: what repair finds becomes a rumour', async () => {
    const cluster = await grown(14, 6);
    const found = cluster.nodes.get('n03');
    // Written where nobody is told: only a session can find it.
    if (found === undefined) throw new Error('no node');
    found.replica.onCommit = () => {};
    await found.replica.write('doc', testWriter(1).type('hidden'));
    const [partner] = found.node.status().peers.filter((peer) => peer.link !== null);
    found.node.repairNow(partner?.replicaId);
    await cluster.until(() => cluster.isEqual(), 20_000, 50);
    const sessions = [...cluster.nodes.values()].flatMap(({ events }) =>
      events.filter((event) => event.type === 'repairEnded' && event.moved > 0),
    );
    expect(sessions).toHaveLength(1);
    expect(found.node.summary().counters).toMatchObject({ differencesSent: 1 });
  });

  test('G62: a cluster that has shrunk is meshed and mailed again', async () => {
    const cluster = await grown(12, 8);
    for (const name of names(12).slice(5)) cluster.kill(name);
    const isMeshedAgain = (): boolean => cluster.isMeshed() && [...cluster.nodes.values()].every(isFullMesh);
    await cluster.until(isMeshedAgain, 120_000, 500);
    // They tell each other whom they are linked to, as none needs to know among partial views.
    await cluster.advance(1000);
    const spoken = await during(cluster, async () => {
      await cluster.nodes.get('n02')?.replica.write('doc', testWriter(1).type('news'));
      await cluster.until(() => cluster.isEqual(), 2000);
      await cluster.advance(500);
    });
    expect(countOf(spoken, 'delivery')).toBe(4);
  });
});

describe('a node that comes back to a large cluster', () => {
  test('G68: dials few of all it remembers, and is in no full mesh meanwhile', async () => {
    const cluster = await grown(24, 8);
    const gone = cluster.nodes.get('n07');
    if (gone === undefined) throw new Error('no node');
    cluster.kill('n07');
    await cluster.advance(2000);
    let dials = 0;
    const attach = cluster.network.attach.bind(cluster.network);
    cluster.network.attach = (name) => {
      const transport = attach(name);
      const dial = transport.dial.bind(transport);
      transport.dial = (address) => {
        dials++;
        dial(address);
      };
      return transport;
    };
    const options = { ...byHand, mail: { maxPeers: 8 }, peers: { seeds: ['n00', 'n01'] } };
    const replica = gone.replica.restarted();
    const back = await cluster.start('n07', { options, replica });
    await cluster.advance(5000);
    expect(back.node.status().peers.length).toBeGreaterThan(20);
    expect(cluster.linkedPeers('n07')).toBeGreaterThan(0);
    expect(dials).toBeLessThan(14);
    expect(back.events.filter((event) => event.type === 'meshChanged')).toMatchObject([
      { isFullMesh: false },
    ]);
    await back.replica.write('doc', testWriter(1).type('news'));
    await cluster.until(() => cluster.isEqual(), 20_000, 50);
  });

  test('G68: a cluster that is small by now is meshed again all the same', async () => {
    const cluster = await grown(16, 8);
    const gone = cluster.nodes.get('n04');
    if (gone === undefined) throw new Error('no node');
    for (const name of names(16).slice(4)) cluster.kill(name);
    await cluster.until(() => [...cluster.nodes.values()].every(isFullMesh), 120_000, 500);
    const options = { ...byHand, mail: { maxPeers: 8 }, peers: { seeds: ['n00', 'n01'] } };
    const back = await cluster.start('n04', { options, replica: gone.replica.restarted() });
    await cluster.advance(5000);
    expect(isFullMesh(back)).toBe(false);
    await cluster.until(() => isFullMesh(back), 60_000, 500);
  });
});

describe('a limit of no peers', () => {
  test('G67: with direct mail switched off no node ever sends mail, not while it is alone nor when its peers are gone', async () => {
    const cluster = new TestCluster();
    const options = { ...byHand, mail: { maxPeers: 0 }, peers: { seeds: ['n00'] } };
    const spoken = await during(cluster, async () => {
      const first = await cluster.start('n00', { options });
      expect(isFullMesh(first)).toBe(false);
      await first.replica.write('doc', testWriter(1).type('alone'));
      await cluster.start('n01', { options });
      // Linked, but not yet known as a member.
      await cluster.until(() => first.events.some(({ type }) => type === 'peerLinked'), 20_000, 1);
      await first.replica.write('doc', testWriter(5).type('at once'));
      await cluster.until(() => cluster.isEqual(), 20_000, 50);
      await first.replica.write('doc', testWriter(2).type('together'));
      await cluster.until(() => cluster.isEqual(), 20_000, 50);
      cluster.kill('n01');
      await cluster.advance(60_000);
      await first.replica.write('doc', testWriter(3).type('left alone'));
      await cluster.start('n02', { options });
      await cluster.until(() => cluster.isEqual(), 20_000, 50);
      await first.replica.write('doc', testWriter(4).type('together again'));
      await cluster.until(() => cluster.isEqual(), 20_000, 50);
    });
    expect(countOf(spoken, 'delivery')).toBe(0);
    expect([...cluster.nodes.values()].some(isFullMesh)).toBe(false);
  });
});

describe('presence among partial views', () => {
  test('G45: states outlive the links they came over, and go with their node', async () => {
    const cluster = await grown(14, 6);
    const [first, ...others] = [...cluster.nodes.values()];
    if (first === undefined) throw new Error('no node');
    const state = {
      id: { collection: 'default', name: 'doc' },
      client: 1,
      clock: 1,
      state: utf8Encode('{}'),
    };
    first.node.presence([state]);
    const seeing = (count: number): boolean =>
      others.filter(({ node }) => node.status().presenceStates === 1).length === count;
    await cluster.until(() => seeing(others.length), 5000);
    for (const { name } of others) cluster.network.cut(first.name, name);
    expect(seeing(others.length)).toBe(true);
    cluster.network.heal();
    await cluster.advance(1000);
    cluster.kill(first.name);
    await cluster.until(() => seeing(0), 25_000);
  });

  test('G46: whom a node is linked to is told once when the views begin, and no more', async () => {
    const cluster = await grown(14, 6);
    const spoken = await during(cluster, async () => {
      await cluster.advance(120_000);
    });
    const told = spoken.flatMap(({ said }) => (said.message.type === 'neighbours' ? [said.message] : []));
    expect(told.every(({ linked }) => linked.length === 0)).toBe(true);
    const links = [...cluster.nodes.values()].flatMap(({ events }) =>
      events.filter((event) => event.type === 'peerLinked'),
    );
    expect(told.length).toBeLessThan(links.length);
  });
});

describe('members', () => {
  test('G63: a node that leaves says so, is not dialled again, and its presence goes', async () => {
    const cluster = new TestCluster();
    const a = await cluster.start('a', { options: byHand });
    const b = await cluster.start('b', { options: { ...byHand, peers: { seeds: ['a'] } } });
    await cluster.start('c', { options: { ...byHand, peers: { seeds: ['a'] } } });
    await cluster.until(() => cluster.isMeshed());
    await cluster.advance(2000);
    b.node.presence([
      { id: { collection: 'default', name: 'doc' }, client: 1, clock: 1, state: utf8Encode('{}') },
    ]);
    await cluster.advance(1000);
    const stopping = b.node.stop({ leave: true });
    await cluster.advance(3000);
    await stopping;
    cluster.kill('b');
    await cluster.advance(60_000);
    expect(a.events).toContainEqual({ type: 'memberChanged', peer: b.id, status: 'left' });
    expect(a.events.filter((event) => event.type === 'dialFailed')).toEqual([]);
    expect(a.node.status()).toMatchObject({ members: 2, presenceStates: 0 });
  });

  test('G64: a node that dies is suspected, given up, and known to be dead', async () => {
    const cluster = new TestCluster();
    const [a, b] = await cluster.startMesh(['a', 'b', 'c'], byHand);
    await cluster.until(() => cluster.isMeshed());
    await cluster.advance(2000);
    cluster.kill('b');
    const isDead = (): boolean =>
      a?.events.some(
        (event) => event.type === 'memberChanged' && event.peer === b?.id && event.status === 'dead',
      ) ?? false;
    await cluster.until(isDead, 60_000, 200);
    expect(a?.node.status().peers.find((peer) => peer.replicaId === b?.id)).toMatchObject({
      member: 'dead',
      link: null,
    });
  });

  test('G65: round trips are measured on probes', async () => {
    const cluster = new TestCluster();
    cluster.network.delayMs = 40;
    const [a] = await cluster.startMesh(['a', 'b'], byHand);
    await cluster.advance(20_000);
    expect(a?.node.status().peers).toMatchObject([{ roundTripMs: 80, member: 'alive' }]);
  });
});
