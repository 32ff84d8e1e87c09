import { describe, expect, test } from 'vitest';
import type { GossipOptions } from '../driver/node-deps.ts';
import { TestCluster, type TestNode } from '../testing/cluster.ts';
import { bytesOf, during } from '../testing/conversation.ts';
import { HostilePeer } from '../testing/hostile-peer.ts';
import { MemoryReplica } from '../testing/memory-replica.ts';
import { sampleMessages } from '../testing/sample-messages.ts';
import { byHand, fill, lastRepair, writeEverywhere } from '../testing/scenes.ts';
import { testWriter } from '../testing/writer.ts';
import { closeCodes } from '../wire/close-codes.ts';

const options: GossipOptions = { ...byHand, among: 'guest' };

/** A node and a guest that knows its address. */
async function hostAndGuest(
  cluster: TestCluster,
  prepare: (replicas: readonly MemoryReplica[]) => Promise<void> = async () => {},
): Promise<{ readonly host: TestNode; readonly guest: TestNode }> {
  const replicas = ['11', '22'].map(
    (id) => new MemoryReplica({ cluster: 'test', replicaId: id.repeat(16) as never, incarnation: 1 }),
  );
  await prepare(replicas);
  const [one, two] = replicas;
  if (one === undefined || two === undefined) throw new Error('no replicas');
  const host = await cluster.start('host', { options, replica: one });
  const guest = await cluster.start('guest', {
    options: { ...options, peers: { seeds: ['host'] } },
    replica: two,
    address: null,
  });
  return { host, guest };
}

describe('a link between a node and a guest', () => {
  test('G85: what is written on one side comes to the other, by mail and by repair; nobody becomes a member', async () => {
    const cluster = new TestCluster();
    const { host, guest } = await hostAndGuest(
      cluster,
      async ([at]) => at && void (await writeEverywhere([at], 20)),
    );
    await cluster.until(() => cluster.isEqual());
    const spoken = await during(cluster, async () => {
      await host.replica.write('from the host', testWriter(50).type('h'));
      await guest.replica.write('from the guest', testWriter(51).type('g'));
      await cluster.until(() => cluster.isEqual());
      await cluster.advance(60_000);
    });
    expect(new Set(spoken.map(({ said }) => `${said.channel} ${said.message.type}`))).toEqual(
      new Set(['mail delivery', 'mail receipt']),
    );
    for (const { node } of [host, guest]) {
      expect(node.status()).toMatchObject({ members: 1 });
      expect(node.status().peers).toMatchObject([{ member: null }]);
    }
  });

  test('G86: equal sides know it after at most 64 bytes each way, everything after the handshake counted', async () => {
    const cluster = new TestCluster();
    const { guest } = await hostAndGuest(cluster, (replicas) => writeEverywhere(replicas, 500));
    await cluster.until(() => lastRepair(guest) !== undefined);
    await cluster.advance(60_000);
    expect(lastRepair(guest)).toMatchObject({ outcome: 'equal' });
    expect(bytesOf(cluster.spoken, 'guest')).toBeLessThanOrEqual(64);
    expect(bytesOf(cluster.spoken, 'host')).toBeLessThanOrEqual(64);
  });

  test('G85: a guest that was away is mailed by nobody, and repaired when it is back', async () => {
    const cluster = new TestCluster();
    const { host, guest } = await hostAndGuest(cluster, (replicas) => writeEverywhere(replicas, 20));
    await cluster.until(() => lastRepair(guest) !== undefined);
    cluster.network.cut('host', 'guest');
    await fill(host, 'at the host', 5);
    await fill(guest, 'at the guest', 5);
    cluster.network.heal();
    await cluster.until(() => cluster.isEqual());
  });

  test.each(['membership', 'views', 'rumour', 'presence'] as const)(
    'G85: a message of the cluster (%s) ends the link',
    async (channel) => {
      const cluster = new TestCluster();
      await cluster.start('host', { options });
      const message = sampleMessages.find((sample) => sample.channel === channel);
      if (message === undefined) throw new Error('no sample');
      const hostile = new HostilePeer(cluster);
      await hostile.join('host');
      hostile.say(message);
      await cluster.until(() => !hostile.isLinked);
      expect(hostile.closedWith).toBe(closeCodes.invalidMessage);
    },
  );
});
