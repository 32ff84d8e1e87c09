import { type DocumentKey, emptyDigest } from '@hearsay/core';
import { answerWalk, type NodePath, type NodeReader, nodeDigestAt } from '@hearsay/merkle';
import type { DatabaseHandle } from './database-handle.ts';
import type { IndexKeeper } from './index-keeper.ts';
import { documentKeyBytes, headKey } from './keys.ts';

/** A node yet to be looked at. */
export interface IndexPlace {
  readonly collection: string;
  readonly path: NodePath;
}

export interface IndexVerdict {
  /** Nodes to look at next. */
  readonly below: readonly IndexPlace[];
  /** Documents that the index knows and the store does not. */
  readonly lost: readonly DocumentKey[];
  readonly sound: boolean;
}

/** The roots, as places to begin with. */
export function indexRoots(index: IndexKeeper): Promise<readonly IndexPlace[]> {
  return index.inspect(async (roots) => [...roots.keys()].map((collection) => ({ collection, path: '' })));
}

/** Hashes one node from the disk anew and compares it with what its parent says of it. */
export async function checkNode(
  handle: DatabaseHandle,
  index: IndexKeeper,
  place: IndexPlace,
): Promise<IndexVerdict> {
  return index.inspect(async (roots, readers) => {
    const reader = readers(place.collection);
    const expected = await expectedDigest(roots.get(place.collection)?.digest, reader, place.path);
    const found = await nodeDigestAt(reader, place.path);
    if (expected !== found) return { below: [], lost: [], sound: false };
    const { nodes } = await answerWalk(reader, { nodes: [{ path: place.path, children: null }] }, wholeNode);
    const node = nodes[0];
    if (node?.kind !== 'inner') {
      const keys = (node?.entries ?? []).map(({ key }) => key);
      const heads = await handle.read((database) =>
        database.getMany(keys.map((key) => headKey(documentKeyBytes(key)))),
      );
      return { below: [], lost: keys.filter((_, at) => heads[at] === undefined), sound: true };
    }
    const below = node.children.flatMap((digest, digit) =>
      digest === null ? [] : [{ collection: place.collection, path: place.path + digit.toString(16) }],
    );
    return { below, lost: [], sound: true };
  });
}

const wholeNode = 1_048_576;

/** What the parent says now: the tree may have changed since the place was noted. */
async function expectedDigest(root: string | undefined, reader: NodeReader, path: NodePath): Promise<string> {
  if (path === '') return root ?? emptyDigest;
  const parent = path.slice(0, -1);
  const { nodes } = await answerWalk(reader, { nodes: [{ path: parent, children: null }] }, wholeNode);
  const node = nodes[0];
  if (node?.kind !== 'inner') return emptyDigest;
  return node.children[Number.parseInt(path.slice(-1), 16)] ?? emptyDigest;
}
