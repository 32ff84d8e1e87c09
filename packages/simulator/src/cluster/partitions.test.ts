import { describe, expect, it } from 'vitest';
import { createSimulatedCluster, type ScriptedCluster } from './create-cluster.ts';
import type { ClusterObserver } from './simulated-cluster.ts';

/** An exchange every ten seconds, drawn from 7.5 to 12.5. */
const repairMs = 12_500;
/** News of a cluster goes round in a few of these. */
const gossipRoundMs = 1000;

function observed(seed: string, nodes: number): { cluster: ScriptedCluster; counts: Map<string, number> } {
  const counts = new Map<string, number>();
  const observer: ClusterObserver = {
    started: async () => {},
    committed: () => {},
    broken: () => {},
    diskFault: () => {},
    gossiped: (_, event) => {
      const name = event.type === 'memberChanged' ? event.status : event.type;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    },
  };
  return { cluster: createSimulatedCluster({ seed, nodes, observer }), counts };
}

async function meshed(cluster: ScriptedCluster): Promise<void> {
  cluster.start();
  await cluster.run(10_000);
  await cluster.edit(0);
  expect(await cluster.runUntilEqual(30_000)).toBeDefined();
}

describe('ways that are cut', () => {
  it.each(['one way', 'both ways'] as const)(
    'Z54: %s between two of three: what either writes reaches the other through the third while it is cut, and nobody is taken for dead',
    async (kind) => {
      const { cluster, counts } = observed(kind, 3);
      await meshed(cluster);
      counts.clear();
      const [a, b] = cluster.inner.nodes.map(({ name }) => name) as [string, string];
      const { conditions } = cluster.inner.network;
      conditions.block(a, b);
      if (kind === 'both ways') conditions.block(b, a);
      // Until the link is found dead, at most, news waits in it.
      await cluster.run(60_000);
      for (let edit = 0; edit < 12; edit++) {
        expect(await cluster.edit(edit % 2)).toBe(true);
        expect(await cluster.runUntilEqual(2 * repairMs, 100), `edit ${edit}`).toBeDefined();
        await cluster.run(20_000);
      }
      expect(counts.get('dead') ?? 0).toBe(0);
      // When the way was cut, by both at most; not again and again.
      expect(counts.get('suspected') ?? 0).toBeLessThanOrEqual(4);
    },
    60_000,
  );

  it('Z55: after a partition nodes are equal within three rounds of gossip and one interval of repair from the first link', async () => {
    for (const cutMs of [5000, 60_000]) {
      const { cluster } = observed(`partition ${cutMs}`, 4);
      await meshed(cluster);
      cluster.partition([
        [0, 1],
        [2, 3],
      ]);
      for (let turn = 0; turn < 5; turn++) {
        for (const node of [0, 3]) expect(await cluster.edit(node, `side ${node}`)).toBe(true);
        await cluster.run(cutMs / 5);
      }
      cluster.heal();
      const { network } = cluster.inner;
      const isLinked = (): boolean =>
        ['n0', 'n1'].some((left) =>
          ['n2', 'n3'].some((right) => network.linksBetween(left, right).length > 0),
        );
      for (let waitedMs = 0; !isLinked() && waitedMs < 60_000; waitedMs += 100) await cluster.run(100);
      expect(isLinked()).toBe(true);
      expect(await cluster.runUntilEqual(3 * gossipRoundMs + repairMs, 100), `${cutMs} ms`).toBeDefined();
    }
  });

  it('Z56: bridges and rings that move every ten seconds end equal, soon after the last is gone', async () => {
    const nodes = 6;
    for (const kind of ['bridge', 'ring'] as const) {
      const { cluster } = observed(kind, nodes);
      await meshed(cluster);
      const { conditions } = cluster.inner.network;
      const isOpen = (turn: number, a: number, b: number): boolean => {
        const [x, y] = [(a + turn) % nodes, (b + turn) % nodes];
        if (kind === 'ring') return Math.abs(x - y) === 1 || Math.abs(x - y) === nodes - 1;
        // Two halves, and one node that reaches both.
        return x === 0 || y === 0 || x <= nodes / 2 === y <= nodes / 2;
      };
      for (let turn = 0; turn < 12; turn++) {
        conditions.heal();
        for (let a = 0; a < nodes; a++) {
          for (let b = 0; b < nodes; b++) {
            if (a !== b && !isOpen(turn, a, b)) conditions.block(`n${a}`, `n${b}`);
          }
        }
        await cluster.edit(turn % nodes, `document ${turn % 3}`);
        await cluster.run(10_000);
      }
      conditions.heal();
      expect(await cluster.runUntilEqual(60_000), kind).toBeDefined();
    }
  }, 120_000);

  it('Z57: of twenty nodes half restart each minute, for two minutes of writes; two minutes after it they are equal', async () => {
    const { cluster } = observed('storm', 20);
    await meshed(cluster);
    for (let minute = 0; minute < 2; minute++) {
      for (let turn = 0; turn < 10; turn++) {
        const node = (minute + 2 * turn) % 20;
        await cluster.crash(node);
        await cluster.run(3000);
        cluster.start(node);
        await cluster.edit((node + 5) % 20, `document ${turn}`);
        await cluster.run(3000);
      }
    }
    expect(await cluster.runUntilEqual(120_000)).toBeDefined();
    expect(cluster.inner.nodes.every(({ state }) => state === 'running')).toBe(true);
  }, 120_000);

  it('Z58: a node that reads 1 KB a second holds nobody up, is owed no more than a bound, and is equal once it reads again', async () => {
    const { cluster } = observed('slow', 3);
    await meshed(cluster);
    const { network } = cluster.inner;
    network.conditions.slowReader('n2', 1);
    for (let edit = 0; edit < 400; edit++) {
      expect(await cluster.edit(edit % 2, `document ${edit % 50}`)).toBe(true);
      await cluster.run(100);
      const owed = ['n0', 'n1'].flatMap((from) =>
        network.linksBetween(from, 'n2').flatMap(({ dialler, acceptor }) => [dialler, acceptor]),
      );
      for (const end of owed) expect(end.bufferedBytes).toBeLessThanOrEqual(2 * 65_536);
    }
    const [first, second] = await cluster.roots();
    expect(first).toBe(second);
    network.conditions.slowReader('n2', Number.POSITIVE_INFINITY);
    expect(await cluster.runUntilEqual(60_000)).toBeDefined();
  }, 120_000);
});
