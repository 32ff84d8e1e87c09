import { type DocumentId, equalBytes } from '@hearsay/core';
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

/**
 * Damaged documents of which everything has come that the others have: what can be read of them builds on something that
 * nobody has any more, and they wait for it.
 */
export async function waitingInVain(
  { store }: SimulatedNode,
  others: readonly SimulatedNode[],
): Promise<readonly DocumentId[]> {
  const found: DocumentId[] = [];
  for (const { id, key } of store?.damaged() ?? []) {
    const [mine] = (await store?.describe([key])) ?? [];
    const sketch = mine?.sketch ?? null;
    if (id === undefined || mine === undefined || sketch === null) continue;
    const theirs = await Promise.all(others.map(async (other) => (await other.store?.describe([key]))?.[0]));
    const hasAll = theirs.every(
      (known) => known?.life === mine.life && known.sketch !== null && equalBytes(known.sketch, sketch),
    );
    if (hasAll) found.push(id);
  }
  return found;
}
