import type { GossipOptions } from '../driver/node-deps.ts';
import type { NodeEvent } from '../driver/node-events.ts';
import { replicaIdOf, type TestCluster, type TestNode } from './cluster.ts';
import { MemoryReplica } from './memory-replica.ts';
import { testWriter } from './writer.ts';

/** Periodic repair stays out of the way: sessions are started by links and by hand. */
export const byHand: GossipOptions = { antiEntropy: { intervalMs: 1e9 }, contents: { intervalMs: 0 } };

/** One session on demand, to its end. */
export async function repair(cluster: TestCluster, { node, events }: TestNode): Promise<void> {
  const ended = events.filter((event) => event.type === 'repairEnded').length;
  node.repairNow();
  await cluster.until(() => events.filter((event) => event.type === 'repairEnded').length > ended);
}

export function repairsOf({ events }: TestNode): Extract<NodeEvent, { type: 'repairEnded' }>[] {
  return events.filter((event) => event.type === 'repairEnded');
}

export function lastRepair(node: TestNode): Extract<NodeEvent, { type: 'repairEnded' }> | undefined {
  return repairsOf(node).at(-1);
}

/** Two linked nodes, `a` and `b`, on stores that `prepare` has filled; the session of the new link is over. */
export async function linkedPair(
  cluster: TestCluster,
  options: GossipOptions = {},
  prepare: (replicas: readonly MemoryReplica[]) => Promise<void> = async () => {},
): Promise<readonly [TestNode, TestNode]> {
  const replicas = ['a', 'b'].map(
    (name) => new MemoryReplica({ cluster: 'test', replicaId: replicaIdOf(name), incarnation: 1 }),
  );
  await prepare(replicas);
  const [one, two] = replicas;
  if (one === undefined || two === undefined) throw new Error('no replicas');
  const a = await cluster.start('a', { options: { ...options, peers: { seeds: ['b'] } }, replica: one });
  const b = await cluster.start('b', { options, replica: two });
  await cluster.until(() => cluster.isMeshed());
  await cluster.advance(1000);
  return [a, b];
}

/** The same documents on all, as if they had been exchanged long ago by others. */
export async function writeEverywhere(replicas: readonly MemoryReplica[], count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const update = testWriter(i + 1).type(`content of ${i}`);
    for (const replica of replicas) await replica.write(`doc ${i}`, update);
  }
}

/** New documents on one node. */
export async function fill({ replica }: TestNode, prefix: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await replica.write(`${prefix} ${i}`, testWriter(10_000 + i).type('new'));
}
