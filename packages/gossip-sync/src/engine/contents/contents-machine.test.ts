import { createRandom, type Digest, type DocumentKey, type ReplicaId } from '@hearsay/core';
import { describe, expect, test } from 'vitest';
import { TestCluster, type TestNode } from '../../testing/cluster.ts';
import { byHand } from '../../testing/scenes.ts';
import { testWriter } from '../../testing/writer.ts';
import { defaultContentsConfig } from './config.ts';
import { ContentsMachine } from './contents-machine.ts';

const quickly = { ...byHand, contents: { intervalMs: 1000, documents: 2 } };

/** Linked, with `count` equal documents and `conflicts` whose one version has two contents. */
async function pair(count: number, conflicts: number): Promise<readonly [TestCluster, TestNode, TestNode]> {
  const cluster = new TestCluster();
  const a = await cluster.start('a', { options: quickly });
  const b = await cluster.start('b', { options: { ...quickly, peers: { seeds: [] } } });
  for (let at = 0; at < count; at++) {
    for (const { replica } of [a, b]) await replica.write(`equal ${at}`, testWriter(at + 1).type('same'));
  }
  for (let at = 0; at < conflicts; at++) {
    await a.replica.write(`conflict ${at}`, testWriter(at + 1).type('left'));
    await b.replica.write(`conflict ${at}`, testWriter(at + 1).type('rite'));
  }
  cluster.kill('b');
  const again = await cluster.start('b', {
    options: { ...quickly, peers: { seeds: ['a'] } },
    replica: b.replica.restarted(),
  });
  await cluster.until(() => cluster.isMeshed());
  return [cluster, a, again];
}

const found = ({ events }: TestNode): readonly string[] =>
  events.flatMap((event) => (event.type === 'contentConflict' ? event.keys : []));

describe('contents', () => {
  test('G69: of equal versions, other contents are found on both sides, told once, and left as they are', async () => {
    const [cluster, a, b] = await pair(5, 2);
    expect(await cluster.isEqual()).toBe(true);
    await cluster.advance(60_000);
    for (const node of [a, b]) {
      expect(new Set(found(node)).size).toBe(2);
      expect(found(node)).toHaveLength(2);
      expect(node.node.summary().counters['contentConflicts']).toBe(2);
    }
    expect(await a.replica.contents(null, 10)).not.toEqual(await b.replica.contents(null, 10));
  });

  test('G69: replicas whose contents are equal have nothing to tell, whatever is written meanwhile', async () => {
    const [cluster, a, b] = await pair(5, 0);
    const writer = testWriter(9);
    for (let second = 0; second < 40; second++) {
      await a.replica.write('busy', writer.type('x'));
      await cluster.advance(977);
    }
    expect([...found(a), ...found(b)]).toEqual([]);
    expect(a.node.summary().counters['sent contents.sample']).toBeGreaterThan(10);
  });

  test('G69: a peer has one sample compared at a time', () => {
    const peer = 'a'.repeat(32) as ReplicaId;
    const machine = new ContentsMachine({
      config: defaultContentsConfig,
      random: createRandom('contents'),
      topology: { linked: new Set([peer]), isLinked: () => false },
    });
    const key = '1'.repeat(32) as DocumentKey;
    const digest = '2'.repeat(32) as Digest;
    const entries = [{ key, version: digest, content: digest }];
    const sample = { type: 'message', from: peer, message: { type: 'sample', entries } } as const;
    const asked = (): number => machine.handle(sample, 0).filter(({ type }) => type === 'ask').length;
    expect([asked(), asked(), asked()]).toEqual([1, 0, 0]);
    const token = { step: 'compare', peer } as const;
    expect(
      machine.handle({ type: 'answered', token, answer: { call: 'conflicting', value: [] } }, 0),
    ).toEqual([]);
    expect(asked()).toBe(1);
    machine.handle({ type: 'linkDown', peer }, 0);
    expect(asked()).toBe(1);
  });
});
