import type { NodePath, NodeReader, NodeStore } from '@hearsay/merkle';
import { ClassicLevel } from 'classic-level';

/** Bytes of nodes kept in memory: all inner nodes of a million documents are 2 MB, all leaves 36 MB. */
const cacheBytes = 24 * 1024 * 1024;
/** What a kept node costs beside its bytes, measured: its path, its place in the map, its buffer's header. */
const overheadBytes = 200;

export interface LevelNodes extends NodeStore {
  close(): Promise<void>;
}

/** Index nodes in a LevelDB, the recently used ones in memory; the reads of one turn are one read of the database. */
export async function openLevelNodes(directory: string): Promise<LevelNodes> {
  const database = new ClassicLevel<NodePath, Uint8Array>(directory, { valueEncoding: 'view' });
  await database.open();
  const cache = new Map<NodePath, Uint8Array>();
  let cached = 0;

  function forget(path: NodePath): void {
    const known = cache.get(path);
    if (known === undefined || !cache.delete(path)) return;
    cached -= known.byteLength + overheadBytes;
  }

  function keep(path: NodePath, node: Uint8Array): void {
    forget(path);
    cache.set(path, node);
    cached += node.byteLength + overheadBytes;
    for (const oldest of cache.keys()) {
      if (cached <= cacheBytes) return;
      forget(oldest);
    }
  }

  const read = readTogether((paths) => database.getMany(paths));
  return {
    async get(path) {
      const known = cache.get(path);
      const node = known ?? (await read(path));
      if (node !== undefined) keep(path, node);
      return node;
    },
    async write(writes) {
      await database.batch(
        [...writes].map(([key, value]) =>
          value === null ? { type: 'del', key } : { type: 'put', key, value },
        ),
      );
      for (const [path, node] of writes) {
        if (node === null) forget(path);
        else keep(path, node);
      }
    },
    close: () => database.close(),
  };
}

/** What another replica has: the nodes of `base` but for those an update wrote. */
export function overlay(base: NodeReader, writes: ReadonlyMap<NodePath, Uint8Array | null>): NodeReader {
  return {
    get: async (path) => {
      const written = writes.get(path);
      return written === undefined ? base.get(path) : (written ?? undefined);
    },
  };
}

function readTogether<T>(
  readMany: (paths: NodePath[]) => Promise<T[]>,
): (path: NodePath) => Promise<T | undefined> {
  let waiting: { paths: NodePath[]; values: Promise<T[]> } | undefined;
  return async (path) => {
    waiting ??= together();
    const { paths, values } = waiting;
    const index = paths.push(path) - 1;
    return (await values)[index];
  };

  function together(): { paths: NodePath[]; values: Promise<T[]> } {
    const paths: NodePath[] = [];
    const values = Promise.resolve().then(() => {
      waiting = undefined;
      return readMany(paths);
    });
    return { paths, values };
  }
}
