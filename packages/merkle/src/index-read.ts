import { type Digest, type DocumentKey, fromHex, toHex } from '@hearsay/core';
import { childDigests } from './inner-node.ts';
import { leafEntries, leafPart, unpackEntries } from './leaf.ts';
import {
  childPath,
  DamagedNodeError,
  digitAt,
  emptyLeaf,
  type IndexEntry,
  type IndexNode,
  type InnerNode,
  keyDigits,
  nodeCount,
  nodeDigest,
} from './node.ts';
import { decodeNode } from './node-codec.ts';
import type { IndexRoot, NodePath, NodeReader } from './node-store.ts';

/** Reads one node, whatever the size of the index. */
export async function readRoot(nodes: NodeReader): Promise<IndexRoot> {
  return rootOf(readNode('', await nodes.get('')));
}

/** Hashes one stored node anew; `''` is the root. Throws {@link DamagedNodeError} when none can be read there. */
export async function nodeDigestAt(nodes: NodeReader, path: NodePath): Promise<Digest> {
  return rootOf(await nodeAt(nodes, path)).digest;
}

export async function lookup(nodes: NodeReader, key: DocumentKey): Promise<Digest | undefined> {
  const { path, node } = await descend(nodes, key);
  if (node.kind === 'inner') return undefined;
  return unpackEntries(leafEntries(path, node)).find((entry) => entry.key === key)?.digest;
}

/** All entries below `prefix`, ascending by key. Reads as it goes. */
export async function* entries(nodes: NodeReader, prefix: NodePath = ''): AsyncGenerator<IndexEntry> {
  yield* entriesBelow(nodes, prefix, await nodeAt(nodes, prefix));
}

/**
 * Reads the whole index and hashes every node anew: throws {@link DamagedNodeError} for the first that is missing or not
 * what its parent says. Updates and walks only notice what does not decode.
 */
export async function verifyIndex(nodes: NodeReader): Promise<IndexRoot> {
  const root = readNode('', await nodes.get(''));
  await verifyBelow(nodes, '', root);
  return rootOf(root);
}

export function rootOf(node: IndexNode): IndexRoot {
  return { count: nodeCount(node), digest: toHex(nodeDigest(node)) as Digest };
}

/**
 * What is stored at a path: an empty leaf when nothing is. Damaged unless it has as many entries as its parent says,
 * where that is known.
 */
export function readNode(path: NodePath, encoded: Uint8Array | undefined, expectedCount?: number): IndexNode {
  const node = encoded === undefined ? emptyLeaf : decodeNode(path, encoded);
  if (expectedCount === undefined || nodeCount(node) === expectedCount) return node;
  throw new DamagedNodeError(path, `${nodeCount(node)} entries where ${expectedCount} belong`);
}

/** The child of a node just read. */
export async function loadChild(
  nodes: NodeReader,
  path: NodePath,
  parent: InnerNode,
  digit: number,
): Promise<IndexNode> {
  const expectedCount = parent.counts[digit] ?? 0;
  if (expectedCount === 0) return emptyLeaf;
  return readNode(childPath(path, digit), await nodes.get(childPath(path, digit)), expectedCount);
}

/**
 * The subtree below a path as a node, also where none is stored: below a leaf it is the part of the leaf's entries that
 * belong there.
 */
export async function nodeAt(nodes: NodeReader, path: NodePath): Promise<IndexNode> {
  const bytes = await nodes.get(path);
  if (bytes !== undefined) return decodeNode(path, bytes);
  // From the root down, so that a path far below the tree, which a peer may ask for, costs no more than a lookup.
  const above = await descend(nodes, path);
  if (above.node.kind === 'leaf') return leafPart(above.path, above.node, path);
  throw new DamagedNodeError(path, 'missing');
}

/** The node at `path`, or the leaf above it, or an empty leaf where the way ends. */
async function descend(nodes: NodeReader, path: NodePath): Promise<{ path: NodePath; node: IndexNode }> {
  const digits = fromHex(path.padEnd(keyDigits, '0'));
  let node = readNode('', await nodes.get(''));
  let depth = 0;
  for (; node.kind === 'inner' && depth < path.length; depth++) {
    node = await loadChild(nodes, path.slice(0, depth), node, digitAt(digits, depth));
  }
  return { path: path.slice(0, depth), node };
}

export async function* entriesBelow(
  nodes: NodeReader,
  path: NodePath,
  node: IndexNode,
): AsyncGenerator<IndexEntry> {
  if (node.kind === 'leaf') {
    yield* unpackEntries(leafEntries(path, node));
    return;
  }
  for (let digit = 0; digit < 16; digit++) {
    yield* entriesBelow(nodes, childPath(path, digit), await loadChild(nodes, path, node, digit));
  }
}

async function verifyBelow(nodes: NodeReader, path: NodePath, node: IndexNode): Promise<void> {
  if (node.kind === 'leaf') return;
  for (const [digit, digest] of childDigests(node).entries()) {
    if (digest === null) continue;
    const child = await loadChild(nodes, path, node, digit);
    if (toHex(nodeDigest(child)) !== digest) {
      throw new DamagedNodeError(childPath(path, digit), 'not the digest that its parent has');
    }
    await verifyBelow(nodes, childPath(path, digit), child);
  }
}
