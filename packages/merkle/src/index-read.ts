import { type Digest, type DocumentKey, digestBytes, equalBytes, fromHex, toHex } from '@hearsay/core';
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
  splitEntries,
  unpackEntries,
} from './node.ts';
import { decodeNode } from './node-codec.ts';
import type { IndexRoot, NodePath, NodeReader } from './node-store.ts';

/** Reads one node, whatever the size of the index. */
export async function readRoot(nodes: NodeReader): Promise<IndexRoot> {
  return rootOf(readNode('', await nodes.get('')));
}

export async function lookup(nodes: NodeReader, key: DocumentKey): Promise<Digest | undefined> {
  const bytes = fromHex(key);
  let node = readNode('', await nodes.get(''));
  for (let depth = 0; node.kind === 'inner'; depth++) {
    node = await loadChild(nodes, key.slice(0, depth), node, digitAt(bytes, depth));
  }
  return unpackEntries(node.entries).find((entry) => entry.key === key)?.digest;
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
  const digits = fromHex(path.padEnd(keyDigits, '0'));
  let node = readNode('', await nodes.get(''));
  let depth = 0;
  for (; node.kind === 'inner' && depth < path.length; depth++) {
    node = await loadChild(nodes, path.slice(0, depth), node, digitAt(digits, depth));
  }
  for (; node.kind === 'leaf' && depth < path.length; depth++) {
    node = {
      kind: 'leaf',
      entries: splitEntries(node.entries, depth)[digitAt(digits, depth)] ?? emptyLeaf.entries,
    };
  }
  return node;
}

async function* entriesBelow(nodes: NodeReader, path: NodePath, node: IndexNode): AsyncGenerator<IndexEntry> {
  if (node.kind === 'leaf') {
    yield* unpackEntries(node.entries);
    return;
  }
  for (let digit = 0; digit < 16; digit++) {
    yield* entriesBelow(nodes, childPath(path, digit), await loadChild(nodes, path, node, digit));
  }
}

async function verifyBelow(nodes: NodeReader, path: NodePath, node: IndexNode): Promise<void> {
  if (node.kind === 'leaf') return;
  for (let digit = 0; digit < 16; digit++) {
    const child = await loadChild(nodes, path, node, digit);
    const expected = node.digests.subarray(digit * digestBytes, (digit + 1) * digestBytes);
    if (!equalBytes(nodeDigest(child), expected)) {
      throw new DamagedNodeError(childPath(path, digit), 'not the digest that its parent has');
    }
    await verifyBelow(nodes, childPath(path, digit), child);
  }
}
