import { documentKey, fromHex, toHex } from '@hearsay/core';
import type { CommittedChange } from '@hearsay/storage';
import { describe, expect, it } from 'vitest';
import { createSimulatedCluster, type ScriptedCluster } from './create-cluster.ts';
import type { ClusterObserver } from './simulated-cluster.ts';

const names = ['struck', 'b', 'c', 'd', 'e'];
const struck = { collection: 'default', name: 'struck' };

/** What happened on the nodes that are well, but for the struck document where only that is. */
interface Twin {
  /** Every commit, with its moment. */
  readonly commits: readonly string[];
  /** Every document in the end, byte by byte. */
  readonly contents: readonly string[];
  /** Documents that the third node found damaged, and that were healed there. */
  readonly mended: readonly number[];
}

type Strike = (cluster: ScriptedCluster) => Promise<void>;

/** The same run of one seed, with a fault in its middle or without. */
async function run(strike: Strike, isCounted: (node: string, document: string) => boolean): Promise<Twin> {
  const commits: string[] = [];
  const observer: ClusterObserver = {
    started: async () => {},
    committed: (node, changes: readonly CommittedChange[]) => {
      for (const { id, update, origin } of changes) {
        if (!isCounted(node.name, id.name) || origin.kind === 'compaction') continue;
        const at = cluster.inner.time.now;
        commits.push(`${node.name} ${id.name} ${at} ${update === null ? '' : toHex(update)}`);
      }
    },
    broken: () => {},
    diskFault: () => {},
    gossiped: () => {},
  };
  const cluster: ScriptedCluster = createSimulatedCluster({
    ...{ seed: 'twins', nodes: 3, latency: { baseMs: 5, jitterMs: 0 }, syncMs: 2, observer },
  });
  cluster.start();
  await cluster.run(10_000);
  const editAll = async (): Promise<void> => {
    for (const [at, name] of names.entries()) {
      expect(await cluster.edit(at % 2, name)).toBe(true);
      await cluster.run(200);
    }
  };
  for (let round = 0; round < 2; round++) await editAll();
  await strike(cluster);
  await cluster.run(5000);
  for (let round = 0; round < 5; round++) await editAll();
  await cluster.run(20_000);
  const contents: string[] = [];
  for (const { name: node, store } of cluster.inner.nodes) {
    for (const name of names) {
      if (!isCounted(node, name)) continue;
      const read = await cluster.inner.time.complete(
        store?.read({ collection: 'default', name }) ?? Promise.reject(new Error('no store')),
      );
      const hex = read.ok ? (read.value?.updates ?? []).map(toHex).join(' ') : read.error.code;
      contents.push(`${node} ${name} ${hex}`);
    }
  }
  const { documentsDamaged = 0, documentsHealed = 0 } = cluster.inner.node(2).store?.status().counters ?? {};
  return { commits, contents, mended: [documentsDamaged, documentsHealed] };
}

/** One node comes back; with a fault, one bit of one document is another in each of its records. */
function restart(isStruck: boolean): Strike {
  return async (cluster) => {
    const node = cluster.inner.node(2);
    await cluster.crash(2);
    const image = await node.disk.image();
    const key = documentKey(struck);
    const bytes = [...fromHex(key)].join();
    let changed = 0;
    const records = image.records.map(([record, value]) => {
      if (!isStruck || ![...record].join().includes(bytes)) return [record, value] as const;
      changed++;
      const other = value.slice();
      other[other.byteLength - 1] = (other[other.byteLength - 1] ?? 0) ^ 1;
      return [record, other] as const;
    });
    expect(changed > 0).toBe(isStruck);
    await node.disk.restore({ ...image, records: records.map(([record, value]) => [record, value]) });
    cluster.start(2);
  };
}

describe('of two runs that differ in one fault', () => {
  it('Z69: where one document of one node is damaged, the other documents are as they would be, at the same moments, on all nodes', async () => {
    const isCounted = (_: string, document: string): boolean => document !== 'struck';
    const [well, ill] = [await run(restart(false), isCounted), await run(restart(true), isCounted)];
    expect(well.commits.length).toBeGreaterThan(50);
    expect(ill.commits).toEqual(well.commits);
    expect(ill.contents).toEqual(well.contents);
    expect([well.mended, ill.mended]).toEqual([
      [0, 0],
      [1, 1],
    ]);
  }, 120_000);

  it('Z69: where one node does not get on with its disk, the documents of the others are as they would be, at the same moments', async () => {
    const isCounted = (node: string): boolean => node !== 'n2';
    const hang: Strike = async (cluster) => {
      cluster.inner.node(2).disk.faults.hanging = true;
    };
    const [well, ill] = [await run(async () => {}, isCounted), await run(hang, isCounted)];
    expect(well.commits.length).toBeGreaterThan(50);
    expect(ill.commits).toEqual(well.commits);
    expect(ill.contents).toEqual(well.contents);
  }, 120_000);
});
