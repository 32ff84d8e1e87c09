import type { NodePath, NodeStore } from './node-store.ts';

/** A node store in memory, for restricted indexes that are built on demand, and for tests. It keeps its nodes in `nodes`. */
export function memoryNodes(nodes: Map<NodePath, Uint8Array> = new Map()): NodeStore {
  return {
    get: async (path) => nodes.get(path),
    write: async (writes) => {
      for (const [path, node] of writes) {
        if (node === null) nodes.delete(path);
        else nodes.set(path, node);
      }
    },
  };
}
