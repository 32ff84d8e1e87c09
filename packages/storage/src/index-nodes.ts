import { DamagedNodeError, type NodePath, type NodeReader } from '@hearsay/merkle';
import { type BatchOperation, del, put } from './database.ts';
import type { DatabaseHandle } from './database-handle.ts';
import { isUnreadable } from './document-records.ts';
import { openRecord, sealRecord } from './envelope.ts';
import { indexNodeKey } from './keys.ts';

/** A node of an index is damaged: the index is to be built anew. */
class IndexDamage extends Error {
  constructor(collection: string, path: NodePath) {
    super(`index node ${JSON.stringify(path)} of ${JSON.stringify(collection)} is damaged`);
    this.name = 'IndexDamage';
  }
}

/** Whether reading an index failed because of what is on disk. */
export function isIndexDamage(error: unknown): boolean {
  return error instanceof IndexDamage || error instanceof DamagedNodeError;
}

/** Nodes of all indexes on disk, the recently used ones in memory. */
export interface IndexNodes {
  reader(collection: string): NodeReader;
  /** Past the cache. */
  diskReader(collection: string): NodeReader;
  /** Records for nodes that change; null deletes. */
  operations(collection: string, writes: ReadonlyMap<NodePath, Uint8Array | null>): BatchOperation[];
  /** After those records are written. */
  remember(collection: string, writes: ReadonlyMap<NodePath, Uint8Array | null>): void;
  clear(): void;
}

export function createIndexNodes(handle: DatabaseHandle, maxBytes: number): IndexNodes {
  const cache = new Map<string, Uint8Array>();
  let bytes = 0;

  function forget(name: string): void {
    const known = cache.get(name);
    if (known === undefined) return;
    cache.delete(name);
    bytes -= costOf(name, known);
  }

  function keep(name: string, node: Uint8Array): void {
    forget(name);
    cache.set(name, node);
    bytes += costOf(name, node);
    for (const oldest of cache.keys()) {
      if (bytes <= maxBytes) break;
      forget(oldest);
    }
  }

  async function readNode(collection: string, path: NodePath): Promise<Uint8Array | undefined> {
    const key = indexNodeKey(collection, path);
    let value: Uint8Array | undefined;
    try {
      value = await handle.read((database) => database.get(key));
    } catch (error) {
      throw isUnreadable(error) ? new IndexDamage(collection, path) : error;
    }
    if (value === undefined) return undefined;
    const node = openRecord(key, value);
    if (node === undefined) throw new IndexDamage(collection, path);
    return node;
  }

  return {
    diskReader: (collection) => ({ get: (path) => readNode(collection, path) }),
    reader: (collection) => ({
      async get(path) {
        const name = cacheName(collection, path);
        const known = cache.get(name);
        if (known !== undefined) {
          cache.delete(name);
          cache.set(name, known);
          return known;
        }
        const node = await readNode(collection, path);
        if (node !== undefined) keep(name, node);
        return node;
      },
    }),
    operations(collection, writes) {
      return [...writes].map(([path, node]) => {
        const key = indexNodeKey(collection, path);
        return node === null ? del(key) : put(key, sealRecord(key, node));
      });
    },
    remember(collection, writes) {
      for (const [path, node] of writes) {
        const name = cacheName(collection, path);
        if (node === null) forget(name);
        else keep(name, node);
      }
    },
    clear() {
      cache.clear();
      bytes = 0;
    },
  };
}

/** Paths are hexadecimal, so the last slash parts them whatever the collection is called. */
function cacheName(collection: string, path: NodePath): string {
  return `${collection}/${path}`;
}

function costOf(name: string, node: Uint8Array): number {
  return node.byteLength + name.length + 120;
}
