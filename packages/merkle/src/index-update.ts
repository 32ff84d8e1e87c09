import { concat, type Digest, type DocumentKey, equalBytes } from '@hearsay/core';
import { type Change, childBounds, isRemoval, packChanges } from './changes.ts';
import { readNode, rootOf } from './index-read.ts';
import { childless, replaceChildren } from './inner-node.ts';
import { changeLeaf, fitsLeaf, leafEntries, leafOf, type PackedEntries, splitEntries } from './leaf.ts';
import { childPath, emptyLeaf, type IndexNode, leafCapacity, nodeCount } from './node.ts';
import type { IndexUpdate, NodePath, NodeReader } from './node-store.ts';

/** A node that an update reads, and its share of the sorted changes: those from `start` to `end`. */
interface Touched {
  readonly path: NodePath;
  readonly start: number;
  readonly end: number;
  node: IndexNode;
  /** By digit; undefined where nothing is touched. */
  children: readonly (Touched | undefined)[];
}

type Writes = Map<NodePath, Uint8Array | null>;

/**
 * Applies a batch of changes: reads only the nodes on their paths, hashes each of them once, and returns what has to be
 * written in one batch. Equal content gives equal nodes, whatever the history. Throws `DamagedNodeError`.
 */
export async function updateIndex(
  nodes: NodeReader,
  changes: ReadonlyMap<DocumentKey, Digest | null>,
): Promise<IndexUpdate> {
  const sorted = packChanges(changes);
  const root = await loadTouched(nodes, sorted);
  const writes: Writes = new Map();
  return { root: rootOf(applyChanges(root, sorted, writes)), writes };
}

/**
 * Reads the nodes that the changes touch, level by level, each level at once. Siblings too where so few entries may be
 * left that they become one leaf.
 */
async function loadTouched(nodes: NodeReader, changes: readonly Change[]): Promise<Touched> {
  const root: Touched = { path: '', start: 0, end: changes.length, node: emptyLeaf, children: [] };
  root.node = readNode('', await nodes.get(''));
  let parents = [root];
  while (parents.length > 0) {
    const level: Touched[] = [];
    const expectedCounts: number[] = [];
    for (const parent of parents) {
      const { path, node } = parent;
      if (node.kind === 'leaf') continue;
      const wholly = mayCollapse(node, parent, changes);
      const bounds = childBounds(changes, parent.start, parent.end, path.length);
      parent.children = node.counts.map((count, digit) => {
        const start = bounds[digit] ?? 0;
        const end = bounds[digit + 1] ?? 0;
        if (start === end && !wholly) return undefined;
        const child: Touched = { path: childPath(path, digit), start, end, node: emptyLeaf, children: [] };
        if (count > 0) expectedCounts.push(count);
        if (count > 0) level.push(child);
        return child;
      });
    }
    const encoded = await Promise.all(level.map(({ path }) => nodes.get(path)));
    for (const [index, child] of level.entries()) {
      child.node = readNode(child.path, encoded[index], expectedCounts[index]);
    }
    parents = level;
  }
  return root;
}

/** Whether removals may leave no more than a leaf of entries. */
function mayCollapse(node: IndexNode, { start, end }: Touched, changes: readonly Change[]): boolean {
  const count = nodeCount(node);
  if (count - (end - start) > leafCapacity) return false;
  return count - changes.slice(start, end).filter(isRemoval).length <= leafCapacity;
}

/** The node that stands there afterwards; the same one when nothing changes. */
function applyChanges(touched: Touched, changes: readonly Change[], writes: Writes): IndexNode {
  const { path, node, start, end, children } = touched;
  if (start === end) return node;
  if (node.kind === 'leaf') {
    const changed = changeLeaf(path, node, changes.slice(start, end));
    if (changed instanceof Uint8Array) return writeSubtree(path, changed, writes);
    return equalBytes(changed.encoded, node.encoded) ? node : writeNode(path, changed, writes);
  }
  const after = children.map((child) => child && applyChanges(child, changes, writes));
  if (after.every((child, digit) => child === children[digit]?.node)) return node;
  const updated = replaceChildren(node, after);
  if (nodeCount(updated) > leafCapacity) return writeNode(path, updated, writes);
  return collapse(path, after, writes);
}

/** Few enough entries are left to be one leaf: every child is a leaf by then, since none holds more. */
function collapse(path: NodePath, children: readonly (IndexNode | undefined)[], writes: Writes): IndexNode {
  const parts = children.map((child, digit) => {
    if (child?.kind !== 'leaf') throw new Error(`a child of index node "${path}" is needed and was not read`);
    if (child !== emptyLeaf) writes.set(childPath(path, digit), null);
    return leafEntries(childPath(path, digit), child);
  });
  return writeNode(path, leafOf(path, concat(...parts)), writes);
}

/** Writes the one subtree that these entries have: a leaf when they fit, inner nodes otherwise. */
function writeSubtree(path: NodePath, entries: PackedEntries, writes: Writes): IndexNode {
  if (fitsLeaf(entries)) return writeNode(path, leafOf(path, entries), writes);
  const children = splitEntries(entries, path.length).map((part, digit) =>
    part.byteLength === 0 ? undefined : writeSubtree(childPath(path, digit), part, writes),
  );
  return writeNode(path, replaceChildren(childless, children), writes);
}

function writeNode(path: NodePath, node: IndexNode, writes: Writes): IndexNode {
  writes.set(path, node === emptyLeaf ? null : node.encoded);
  return node;
}
