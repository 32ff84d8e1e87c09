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
  readonly progress?: (progress: LargeClusterProgress) => void;
}

/** How far a run is. */
export interface LargeClusterProgress {
  readonly phase: LargeClusterPhaseName;
  /** Of all phases; in one of unknown length it goes on ever more slowly. */
  readonly share: number;
  readonly virtualMs: number;
}

const phaseNames = ['join', 'edit', 'crash and restart', 'partition and heal'] as const;

/** What befalls a large cluster, one after the other. */
export type LargeClusterPhaseName = (typeof phaseNames)[number];

/** What one phase took. */
export interface LargeClusterPhase {
  readonly phase: LargeClusterPhaseName;
  /** Virtual time until all running nodes had one root; undefined when they had not within the budget. */
  readonly equalAfterMs: number | undefined;
  readonly virtualMs: number;
  readonly frames: number;
  readonly bytes: number;
}

/** Virtual time that each phase has to become equal. */
const budgetMs = 600_000;
const stepMs = 1000;
const joinsPerSecond = 50;
/** Long enough for a thousand nodes to suspect whom they do not hear, and to give them up. */
const absenceMs = 60_000;
/** What of the progress of a phase is done when only its end is waited for. */
const settlingShare = 0.7;

/**
 * Join through one seed; edits; a share of the nodes crashes and restarts; a partition into 60 and 40 per cent with edits
 * on both sides, and heal. Packets are lost all the while. After each the roots have to become equal.
 */
export async function runLargeCluster(options: LargeClusterOptions): Promise<readonly LargeClusterPhase[]> {
  const { nodes, seed, loss = 0.3, crashed = 0.2, edits = 100, documents = 20 } = options;
  const cluster = createSimulatedCluster({
    seed,
    nodes,
    latency: { baseMs: 20, jitterMs: 30 },
    ...(options.gossip && { gossip: options.gossip }),
  });
  const random = cluster.inner.random.fork('large cluster');
  const all = random.shuffled(Array.from({ length: nodes }, (_, node) => node));
  const phases: LargeClusterPhase[] = [];
  let present: LargeClusterPhaseName = 'join';

  function tell(share: number): void {
    const index = phaseNames.indexOf(present);
    const virtualMs = cluster.inner.time.now;
    options.progress?.({ phase: present, share: (index + share) / phaseNames.length, virtualMs });
  }

  async function phase(name: LargeClusterPhaseName, act: () => Promise<void>): Promise<void> {
    present = name;
    const before = cluster.stats();
    await act();
    const equalAfterMs = await settle(cluster, tell);
    const { virtualMs, frames, bytes } = cluster.stats();
    phases.push({
      phase: name,
      equalAfterMs,
      virtualMs: virtualMs - before.virtualMs,
      frames: frames - before.frames,
      bytes: bytes - before.bytes,
    });
  }

  /** Spread over `lastingMs`. */
  async function editAnywhere(among: readonly number[], lastingMs: number): Promise<void> {
    for (let i = 0; i < edits; i++) {
      const node = among[random.below(among.length)] ?? 0;
      await cluster.edit(node, `document ${random.below(documents)}`);
      await cluster.run(lastingMs / edits);
      tell((settlingShare * i) / edits);
    }
  }

  await phase('join', async () => {
    cluster.lose(loss);
    cluster.start(0);
    await cluster.edit(0, 'document 0');
    for (let node = 1; node < nodes; node++) {
      cluster.start(node);
      await cluster.run(1000 / joinsPerSecond);
      tell((settlingShare * node) / nodes);
    }
  });
  await phase('edit', () => editAnywhere(all, 100 * edits));
  await phase('crash and restart', async () => {
    const some = all.slice(0, Math.floor(nodes * crashed));
    for (const node of some) await cluster.crash(node);
    await editAnywhere(all.slice(some.length), absenceMs);
    for (const node of some) cluster.start(node);
  });
  await phase('partition and heal', async () => {
    const cut = Math.floor(nodes * 0.6);
    const heal = cluster.inner.partition([all.slice(0, cut), all.slice(cut)]);
    await editAnywhere(all, absenceMs);
    heal();
  });
  return phases;
}

/** Virtual time until all nodes run and have equal roots. */
async function settle(cluster: ScriptedCluster, tell: (share: number) => void): Promise<number | undefined> {
  const { time, nodes } = cluster.inner;
  const start = time.now;
  for (;;) {
    const equal = await cluster.runUntilEqual(stepMs, stepMs);
    const passedMs = time.now - start;
    if (equal !== undefined && nodes.every(({ state }) => state === 'running')) return passedMs;
    if (passedMs >= budgetMs) return undefined;
    tell(settlingShare + (1 - settlingShare) * (passedMs / budgetMs));
  }
}
