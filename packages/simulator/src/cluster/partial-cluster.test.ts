import { describe, expect, it } from 'vitest';
import { createSimulatedCluster } from './create-cluster.ts';
import type { TopologyName } from './topology.ts';

const topologies: readonly TopologyName[] = ['ring', 'line', 'star', 'cliques', 'behindNat'];

/** In a full mesh everybody is mailed; above 30 nodes keep partial views. */
const sizes = [12, 40];

describe('networks in which not everybody reaches everybody', () => {
  it.each(topologies.flatMap((topology) => sizes.map((nodes) => [topology, nodes] as const)))(
    'Z51: %s of %i nodes ends equal, with edits anywhere, losses and nodes that come back',
    async (topology, nodes) => {
      const cluster = createSimulatedCluster({ seed: `${topology} ${nodes}`, nodes, topology });
      cluster.lose(0.1);
      cluster.start();
      await cluster.run(15_000);
      for (let node = 0; node < nodes; node += 3) {
        expect(await cluster.edit(node, `document ${node % 4}`)).toBe(true);
        await cluster.run(100);
      }
      expect(await cluster.runUntilEqual(120_000), 'after edits').toBeDefined();
      const away = [2, 5, nodes - 1];
      for (const node of away) await cluster.crash(node);
      for (let node = 0; node < nodes; node += 4) {
        await cluster.edit(node, `document ${node % 4}`);
        await cluster.run(100);
      }
      for (const node of away) cluster.start(node);
      await cluster.run(2000);
      expect(await cluster.runUntilEqual(240_000), 'after absences').toBeDefined();
      expect(cluster.inner.nodes.every(({ state }) => state === 'running')).toBe(true);
    },
    60_000,
  );
});
