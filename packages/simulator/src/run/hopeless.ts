import type { SimulatedNode } from '../node/simulated-node.ts';

/** Whether a damaged document is of a life that nobody else has, or of none that anybody else knows. */
export async function hasHopeless(node: SimulatedNode, others: readonly SimulatedNode[]): Promise<boolean> {
  for (const { id, key } of node.store?.damaged() ?? []) {
    const life = id === undefined ? 0 : ((await node.store?.lookup(id))?.life ?? 0);
    const lives = others.map(async ({ store }) => {
      const [known] = (await store?.identify([key])) ?? [];
      return known === undefined ? -1 : ((await store?.lookup(known))?.life ?? -1);
    });
    if (Math.max(-1, ...(await Promise.all(lives))) < life) return true;
  }
  return false;
}
