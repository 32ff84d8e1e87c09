import { createRandom, type Digest, type DocumentKey, limits, type Random } from '@hearsay/core';
import { describe, expect, test } from 'vitest';
import { TestCluster, type TestNode } from '../testing/cluster.ts';
import { HostilePeer } from '../testing/hostile-peer.ts';
import { sampleMessages } from '../testing/sample-messages.ts';
import { byHand } from '../testing/scenes.ts';
import { testWriter } from '../testing/writer.ts';
import type { PeerMessage } from '../wire/message-table.ts';

async function besieged(seed: string): Promise<{ cluster: TestCluster; a: TestNode; guest: HostilePeer }> {
  const cluster = new TestCluster(seed);
  const [a] = await cluster.startMesh(['a', 'b'], byHand);
  await cluster.until(() => cluster.isMeshed());
  if (a === undefined) throw new Error('no node');
  const guest = new HostilePeer(cluster);
  await guest.join('a');
  return { cluster, a, guest };
}

/** A message of the protocol with other numbers, flags and bytes in it, of the right types. */
function distorted(value: unknown, random: Random): unknown {
  if (typeof value === 'number')
    return random.chance(0.3) ? random.pick([0, 1, 2 ** 31, 2 ** 53 - 1]) : value;
  if (typeof value === 'boolean') return random.chance(0.5);
  if (value instanceof Uint8Array) return random.chance(0.5) ? random.bytes(random.below(64)) : value;
  if (Array.isArray(value)) {
    const items = value.map((item) => distorted(item, random));
    return random.chance(0.2) ? [...items, ...items] : items;
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, distorted(field, random)]));
  }
  return value;
}

describe('a member of the cluster that has gone mad', () => {
  test('G36: whatever it says, in whatever order, no node falls, and the others stay equal', async () => {
    for (let run = 0; run < 10; run++) {
      const seed = `mad ${run}`;
      const random = createRandom(seed);
      const { cluster, a, guest } = await besieged(seed);
      const writer = testWriter(1);
      const messages = sampleMessages.filter((sample) => sample.channel !== 'handshake');
      for (let i = 0; i < 150; i++) {
        if (!guest.isLinked) await guest.join('a');
        const message = random.pick(messages);
        if (message !== undefined && guest.isLinked) sayIfPossible(guest, distorted(message, random));
        if (i % 10 === 0) await a.replica.write('doc', writer.type('x'));
        await cluster.advance(random.below(30));
      }
      await cluster.until(() => cluster.isEqual(), 60_000);
      expect(a.node.status().state, seed).toBe('running');
      expect(cluster.linkedPeers('b'), seed).toBeGreaterThanOrEqual(1);
    }
  });

  test('G37: documents that it claims and does not have cost one question each, and hold nobody up', async () => {
    const { cluster, a, guest } = await besieged('liar');
    const lies: PeerMessage[] = [];
    const entries = Array.from({ length: 100 }, (_, n) => ({
      key: n.toString(16).padStart(32, 'f') as DocumentKey,
      digest: n.toString(16).padStart(32, 'e') as Digest,
    }));
    // Answers whatever is asked in a session with a lie.
    const answer = (): void => {
      for (const { channel, message } of guest.heard.splice(0)) {
        if (channel === 'repair' && message.type === 'compare') {
          const { session } = message;
          const root = 'd'.repeat(32) as Digest;
          lies.push({
            channel,
            message: { type: 'differs', session, root, head: 1000, count: 100, cursor: 0 },
          });
        } else if (channel === 'repair' && message.type === 'recentRequest') {
          const { session, after } = message;
          lies.push({
            channel,
            message: { type: 'recent', session, entries, cursor: after + 1, complete: false },
          });
        } else if (channel === 'documents' && message.type === 'describe') {
          const items = message.descriptions.map(({ key }) => ({
            key,
            changes: [],
            partial: false,
            wanted: null,
          }));
          const { batch } = message;
          lies.push({ channel, message: { type: 'differences', batch, items, unanswered: [] } });
        }
      }
      for (const lie of lies.splice(0)) guest.say(lie);
    };
    a.node.repairNow();
    for (let i = 0; i < 3000; i++) {
      answer();
      await cluster.advance(50);
    }
    const ended = a.events.filter((event) => event.type === 'repairEnded');
    expect(ended).toContainEqual(expect.objectContaining({ outcome: 'aborted', moved: 0 }));
    await a.replica.write('doc', testWriter(1).type('still here'));
    await cluster.until(() => cluster.isEqual(), 1000);
  });
});

test('L21: a peer that mails without end has so many questions under way, keeps its link, and holds up nobody', async () => {
  const { cluster, a, guest } = await besieged('mailer');
  const unanswered: (() => void)[] = [];
  let most = 0;
  let isStalled = true;
  const { receive } = a.replica;
  a.replica.receive = async (changes, from) => {
    if (isStalled) {
      most = Math.max(most, unanswered.length + 1);
      await new Promise<void>((resolve) => unanswered.push(resolve));
    }
    return receive.call(a.replica, changes, from);
  };
  const mailed = 3000;
  for (let number = 1; number <= mailed; number++) {
    const id = { collection: 'default', name: `mailed ${number % 10}` };
    const change = { kind: 'update', id, life: 1, update: testWriter(number).type('x') } as const;
    const entries = [{ sequence: number, change }];
    guest.say({ channel: 'mail', message: { type: 'delivery', number, through: number, entries } });
  }
  const pass = (ms: number): Promise<void> => cluster.time.advance(ms, async () => {});
  await pass(100);
  expect(most).toBe(limits.linkQuestions);
  // Others are served meanwhile.
  await a.replica.write('doc', testWriter(5000).type('meanwhile'));
  await pass(100);
  expect(cluster.nodes.get('b')?.replica.text('doc')).toEqual(a.replica.text('doc'));
  isStalled = false;
  for (const answer of unanswered.splice(0)) answer();
  await cluster.advance(1000);
  const receipts = guest.heard.flatMap(({ message }) =>
    message.type === 'receipt' ? [message.through] : [],
  );
  expect([Math.max(...receipts), guest.closedWith]).toEqual([mailed, null]);
  expect(a.events).toContainEqual(expect.objectContaining({ type: 'peerSlowed', why: 'questions' }));
});

/** Some distortions cannot even be written; those are no message. */
function sayIfPossible(guest: HostilePeer, message: unknown): void {
  try {
    guest.say(message as PeerMessage);
  } catch {
    // Not a frame: nothing to send.
  }
}
