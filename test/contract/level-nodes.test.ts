import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NodeStoreFactory, nodeStoreContract } from '@hearsay/merkle/contract';
import { afterEach } from 'vitest';
import { type LevelNodes, openLevelNodes } from '../bench/merkle/level-nodes.ts';

const open = new Map<object, { readonly nodes: LevelNodes; readonly directory: string }>();

async function openIn(directory: string): Promise<LevelNodes> {
  const nodes = await openLevelNodes(directory);
  open.set(nodes, { nodes, directory });
  return nodes;
}

const factory: NodeStoreFactory = {
  create: async () => openIn(await mkdtemp(join(tmpdir(), 'hearsay-index-'))),
  async reopen(store) {
    const known = open.get(store);
    if (known === undefined) throw new Error('not a store of this suite');
    open.delete(store);
    await known.nodes.close();
    return openIn(known.directory);
  },
};

afterEach(async () => {
  for (const { nodes, directory } of open.values()) {
    await nodes.close();
    await rm(directory, { recursive: true, force: true });
  }
  open.clear();
});

nodeStoreContract('classic-level', factory);
