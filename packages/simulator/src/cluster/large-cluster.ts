import type { GossipOptions } from '@hearsay/gossip-sync';
import { createSimulatedCluster, type ScriptedCluster } from './create-cluster.ts';

/** A cluster as large as one process holds, through everything that befalls large clusters. */
export interface LargeClusterOptions {
  readonly nodes: number;
  readonly seed: string;
  /** Share of packets lost while nodes join and edit. */
  readonly loss?: number;
  /** Share of nodes that crash and come back. */
  readonly crashed?: number;
  /** Edits in each phase. */
  readonly edits?: number;
  readonly documents?: number;
  readonly gossip?: GossipOptions;
  /** Told after every step of a phase. */
  readonly progress?: (phase: string, virtualMs: number) => void;
}

/** What one phase took. */
export interface LargeClusterPhase {
  readonly phase: string;
  /** Virtual time until all running nodes had one root; undefined when they had not within the budget. */
  readonly equalAfterMs: number | undefined;
  readonly virtualMs: number;
  readonly frames: number;
  readonly bytes: number;
}

/** Virtual time that each phase has to become equal. */
const budgetMs = 600_000;
const joinsPerSecond = 50;

/**
 * Join through one seed; edits under loss; a share of the nodes crashes and restarts; a partition into 60 and 40 per cent
 * with edits on both sides, and heal. After each the roots have to become equal.
 */
export async function runLargeCluster(options: LargeClusterOptions): Promise<readonly LargeClusterPhase[]> {
  const { nodes, seed, loss = 0.3, crashed = 0.2, edits = 100, documents = 20, progress } = options;
  const cluster = createSimulatedCluster({
    seed,
    nodes,
    latency: { baseMs: 20, jitterMs: 30 },
    ...(options.gossip && { gossip: options.gossip }),
  });
  const random = cluster.inner.random.fork('large cluster');
  const order = random.shuffled(Array.from({ length: nodes - 1 }, (_, i) => i + 1));
  const phases: LargeClusterPhase[] = [];

  async function phase(name: string, act: () => Promise<void>): Promise<void> {
    const before = cluster.stats();
    await act();
    const equalAfterMs = await settle(cluster, name, progress);
    const { virtualMs, frames, bytes } = cluster.stats();
    phases.push({
      phase: name,
      equalAfterMs,
      virtualMs: virtualMs - before.virtualMs,
      frames: frames - before.frames,
      bytes: bytes - before.bytes,
    });
  }

  async function editAnywhere(count: number, among: readonly number[]): Promise<void> {
    for (let i = 0; i < count; i++) {
      await cluster.edit(random.pick(among) ?? 0, `document ${random.below(documents)}`);
      await cluster.run(random.below(200));
    }
  }

  await phase('join', async () => {
    cluster.lose(loss);
    cluster.start(0);
    await cluster.edit(0, 'document 0');
    for (const node of order) {
      cluster.start(node);
      await cluster.run(1000 / joinsPerSecond);
    }
    await cluster.run(1000);
  });
  await phase('edit under loss', () => editAnywhere(edits, order));
  await phase('crash and restart', async () => {
    const some = random.shuffled(order).slice(0, Math.floor(nodes * crashed));
    for (const node of some) await cluster.crash(node);
    await editAnywhere(
      edits,
      order.filter((node) => !some.includes(node)),
    );
    for (const node of some) cluster.start(node);
  });
  await phase('partition and heal', async () => {
    const cut = Math.floor(nodes * 0.6);
    const all = [0, ...order];
    cluster.partition([all.slice(0, cut), all.slice(cut)]);
    await editAnywhere(edits, order);
    cluster.heal();
  });
  return phases;
}

async function settle(
  cluster: ScriptedCluster,
  name: string,
  progress: LargeClusterOptions['progress'],
): Promise<number | undefined> {
  const start = cluster.stats().virtualMs;
  while (cluster.stats().virtualMs < start + budgetMs) {
    const took = await cluster.runUntilEqual(5000, 5000);
    progress?.(name, cluster.stats().virtualMs);
    if (took !== undefined) return cluster.stats().virtualMs - start;
  }
  return undefined;
}
