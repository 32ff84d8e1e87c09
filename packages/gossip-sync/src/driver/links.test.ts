import { describe, expect, test } from 'vitest';
import type { LinkId, TransportListener } from '../ports.ts';
import { replicaIdOf, TestCluster } from '../testing/cluster.ts';
import { MemoryReplica } from '../testing/memory-replica.ts';
import { sampleMessages } from '../testing/sample-messages.ts';
import { byHand } from '../testing/scenes.ts';
import { testWriter } from '../testing/writer.ts';
import { closeCodes } from '../wire/close-codes.ts';
import { encodeFrame } from '../wire/frame.ts';

/** Somebody with a socket and no manners. */
class Stranger implements TransportListener {
  readonly heard: Uint8Array[] = [];
  closedWith: number | null = null;
  #link: LinkId | null = null;
  readonly #cluster: TestCluster;
  readonly #transport;

  constructor(cluster: TestCluster) {
    this.#cluster = cluster;
    this.#transport = cluster.network.attach('stranger');
    this.#transport.listen(this);
  }

  async dial(address: string): Promise<void> {
    this.#transport.dial(address);
    await this.#cluster.until(() => this.#link !== null);
  }

  say(frame: Uint8Array): void {
    if (this.#link !== null) this.#transport.send(this.#link, frame);
  }

  linkOpened(link: LinkId): void {
    this.#link = link;
  }

  frameReceived(_link: LinkId, frame: Uint8Array): void {
    this.heard.push(frame);
  }

  linkClosed(_link: LinkId | null, _address: string, code: number): void {
    this.closedWith = code;
  }

  linkDrained(): void {}
}

async function stranger(): Promise<{ cluster: TestCluster; guest: Stranger }> {
  const cluster = new TestCluster();
  await cluster.start('a', { options: byHand });
  const guest = new Stranger(cluster);
  await guest.dial('a');
  return { cluster, guest };
}

describe('strangers', () => {
  const beforeHello = sampleMessages.filter((sample) => sample.message.type !== 'hello');

  test.each(beforeHello.map((sample) => ({ name: `${sample.channel}.${sample.message.type}`, sample })))(
    'G9: $name before authentication is answered by nothing but the end',
    async ({ sample }) => {
      const { cluster, guest } = await stranger();
      guest.say(encodeFrame(sample));
      await cluster.advance(100);
      expect(guest.closedWith).toBe(closeCodes.unauthenticated);
      expect(guest.heard).toEqual([]);
    },
  );

  test('G9: a message too long for a handshake is not even decoded', async () => {
    const { cluster, guest } = await stranger();
    guest.say(new Uint8Array(8193));
    await cluster.advance(100);
    expect(guest.closedWith).toBe(closeCodes.messageTooBig);
  });

  test('G9: damaged and malformed messages end the link with a code of their own', async () => {
    const damaged = await stranger();
    damaged.guest.say(new Uint8Array(10));
    await damaged.cluster.advance(100);
    expect(damaged.guest.closedWith).toBe(closeCodes.damagedMessage);
  });

  test('G9: whoever says nothing is gone after five seconds', async () => {
    const { cluster, guest } = await stranger();
    await cluster.advance(4900);
    expect(guest.closedWith).toBeNull();
    await cluster.advance(200);
    expect(guest.closedWith).toBe(closeCodes.handshakeTimeout);
    expect(guest.heard).toEqual([]);
  });

  test('G9: another cluster and another secret are refused on both sides, and nothing is exchanged', async () => {
    for (const setup of [{ cluster: 'other' }, { secret: 'guessed' }]) {
      const cluster = new TestCluster();
      const a = await cluster.start('a', { options: byHand });
      const b = await cluster.start('b', { options: { ...byHand, peers: { seeds: ['a'] } }, ...setup });
      await a.replica.write('doc', testWriter(1).type('secret'));
      await cluster.advance(3000);
      expect(cluster.spoken).toEqual([]);
      const code = 'cluster' in setup ? closeCodes.wrongCluster : closeCodes.wrongSecret;
      expect(a.events).toContainEqual(expect.objectContaining({ type: 'linkRefused', code }));
      expect(b.events).toContainEqual(expect.objectContaining({ type: 'dialFailed', code }));
      expect(b.replica.documents.size).toBe(0);
    }
  });
});

describe('damage', () => {
  test('G3: a flipped bit in a message of a peer ends the link, applies nothing, and is mended', async () => {
    const cluster = new TestCluster();
    const [a, b] = await cluster.startMesh(['a', 'b'], byHand);
    await cluster.until(() => cluster.isMeshed());
    cluster.network.tap = ({ from, frame }) => {
      if (from === 'a') frame[frame.byteLength - 1] = (frame.at(-1) ?? 0) ^ 1;
      return frame;
    };
    await a?.replica.write('doc', testWriter(1).type('x'));
    await cluster.advance(20);
    expect(b?.replica.documents.size).toBe(0);
    expect(b?.events).toContainEqual(
      expect.objectContaining({ type: 'linkRefused', code: closeCodes.damagedMessage }),
    );
    cluster.network.tap = cluster.listen;
    await cluster.until(() => cluster.isEqual());
  });
});

describe('identity', () => {
  test('G7: a copied data directory is noticed by the nodes that meet both', async () => {
    const cluster = new TestCluster();
    const a = await cluster.start('a', { options: byHand });
    const twin = { ...byHand, peers: { seeds: ['a'] } };
    const copy = new MemoryReplica({ cluster: 'test', replicaId: replicaIdOf('b'), incarnation: 1 });
    await cluster.start('b', { options: twin });
    await cluster.until(() => cluster.linkedPeers('a') === 1);
    await cluster.start('c', { options: twin, replica: copy });
    await cluster.advance(3000);
    expect(a.events).toContainEqual(
      expect.objectContaining({
        type: 'linkRefused',
        code: closeCodes.duplicateReplica,
        twins: ['b (b:client)', 'c (c:client)'],
      }),
    );
    expect(cluster.linkedPeers('a')).toBe(1);
  });

  test('G7: a copy that calls the very node it is of is told of with both addresses', async () => {
    const cluster = new TestCluster();
    const a = await cluster.start('a', { options: byHand });
    const replica = new MemoryReplica({ cluster: 'test', replicaId: replicaIdOf('a'), incarnation: 1 });
    await cluster.start('c', { options: { ...byHand, peers: { seeds: ['a'] } }, replica });
    await cluster.advance(3000);
    expect(a.events).toContainEqual(
      expect.objectContaining({ code: closeCodes.duplicateReplica, twins: ['a', 'c (c:client)'] }),
    );
  });

  test('G90: a machine that was cloned while it ran notices that another speaks as it; who merely links anew does not', async () => {
    const cluster = new TestCluster();
    const a = await cluster.start('a', { options: byHand });
    const options = { ...byHand, peers: { seeds: ['a'] } };
    const replicaId = replicaIdOf('b');
    const b = await cluster.start('b', { options });
    const copy = new MemoryReplica({ cluster: 'test', replicaId, incarnation: 1 });
    for (let turn = 0; turn < 5; turn++) {
      await cluster.until(() => cluster.linkedPeers('a') === 1);
      cluster.network.cut('a', 'b');
      await cluster.advance(3000);
      cluster.network.heal();
    }
    const notice = { type: 'duplicateReplica', replicaId, incarnation: 1, addresses: expect.any(Array) };
    expect(b.events).not.toContainEqual(notice);
    const clone = await cluster.start('clone', { options, replica: copy, drawsAs: 'b' });
    await cluster.until(() => b.events.concat(clone.events).some(({ type }) => type === notice.type));
    for (const event of [...b.events, ...clone.events].filter(({ type }) => type === notice.type)) {
      expect(event).toEqual(notice);
    }
    expect(a.events).not.toContainEqual(expect.objectContaining({ type: 'linkRefused' }));
  });

  test('G7: a store restored from a backup is refused, even after a restart of those who know it', async () => {
    const cluster = new TestCluster();
    const a = await cluster.start('a', { options: byHand });
    const options = { ...byHand, peers: { seeds: ['a'] } };
    const later = new MemoryReplica({ cluster: 'test', replicaId: replicaIdOf('b'), incarnation: 7 });
    await cluster.start('b', { options, replica: later });
    await cluster.until(() => cluster.linkedPeers('a') === 1);
    await cluster.advance(1000);
    for (const name of ['a', 'b']) cluster.kill(name);
    const again = await cluster.start('a', { options: byHand, replica: a.replica.restarted() });
    const backup = new MemoryReplica({ cluster: 'test', replicaId: replicaIdOf('b'), incarnation: 6 });
    await cluster.start('b', { options, replica: backup });
    await cluster.advance(3000);
    expect(again.events).toContainEqual(
      expect.objectContaining({ type: 'linkRefused', code: closeCodes.restoredBackup }),
    );
    expect(cluster.linkedPeers('a')).toBe(0);
  });
});
