import type { GossipOptions } from '@hearsay/gossip-sync';
import { expect, it } from 'vitest';
import { createSimulatedCluster } from './create-cluster.ts';

/** Stands still for so long, so many times, and is well in between. Tells how often it was taken for dead. */
async function deathsOf(
  seed: string,
  stillMs: number,
  times: number,
  gossip: GossipOptions = {},
): Promise<number> {
  let deaths = 0;
  const cluster = createSimulatedCluster({
    seed,
    nodes: 3,
    gossip,
    observer: {
      started: async () => {},
      committed: () => {},
      broken: () => {},
      diskFault: () => {},
      gossiped: (_, event) => {
        if (event.type === 'memberChanged' && event.status === 'dead') deaths++;
      },
    },
  });
  cluster.start();
  await cluster.run(10_000);
  await cluster.edit(0);
  expect(await cluster.runUntilEqual(30_000)).toBeDefined();
  const [, , poor] = cluster.inner.nodes;
  // Shorter than a suspicion: so it learns that it is slow, and says so.
  for (const ms of [2000, ...Array.from({ length: times }, () => stillMs)]) {
    poor?.pause();
    await cluster.run(ms);
    poor?.resume();
    await cluster.run(3000);
  }
  return deaths;
}

it.each(['one', 'two', 'three'])(
  'Z59: a node that stands still twice as long as a suspicion lasts, over and over, is not taken for dead (%s)',
  async (seed) => {
    expect(await deathsOf(seed, 8000, 6)).toBe(0);
    const asAll = { membership: { slowSuspicionFactor: 1 } };
    expect(await deathsOf(seed, 8000, 6, asAll)).toBeGreaterThan(0);
  },
  60_000,
);

it('Z59: one that stands still for longer than three times that is', async () => {
  expect(await deathsOf('long', 30_000, 1)).toBeGreaterThan(0);
}, 120_000);
