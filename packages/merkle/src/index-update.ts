import {
  compareBytes,
  concat,
  type Digest,
  type DocumentKey,
  digestBytes,
  equalBytes,
  fromHex,
} from '@hearsay/core';
import { readNode, rootOf } from './index-read.ts';
import {
  childPath,
  digitAt,
  emptyLeaf,
  entryBytes,
  type IndexNode,
  type InnerNode,
  keyBytes,
  leafCapacity,
  nodeCount,
  nodeDigest,
  type PackedEntries,
  packEntry,
  splitEntries,
} from './node.ts';
import { encodeNode } from './node-codec.ts';
import type { IndexUpdate, NodePath, NodeReader } from './node-store.ts';

/** The packed entry to put, or only the key of the one to remove. */
type Change = Uint8Array;

type Writes = Map<NodePath, Uint8Array | null>;
type Loaded = ReadonlyMap<NodePath, IndexNode>;

/**
 * Applies a batch of changes: reads only the nodes on their paths, hashes each of them once, and returns what has to be
 * written in one batch. Equal content gives equal nodes, whatever the history. Throws `DamagedNodeError`.
 */
export async function updateIndex(
  nodes: NodeReader,
  changes: ReadonlyMap<DocumentKey, Digest | null>,
): Promise<IndexUpdate> {
  const sorted = [...changes].sort(([a], [b]) => (a < b ? -1 : 1));
  const packed = sorted.map(([key, digest]) => (digest === null ? fromHex(key) : packEntry(key, digest)));
  const loaded = await loadTouched(nodes, packed);
  const writes: Writes = new Map();
  const root = applyChanges(loaded, '', loadedNode(loaded, ''), packed, writes);
  return { root: rootOf(root), writes };
}

/**
 * Reads the nodes that the changes touch, level by level, each level at once. Siblings too where so few entries may be
 * left that they become one leaf.
 */
async function loadTouched(nodes: NodeReader, changes: readonly Change[]): Promise<Loaded> {
  const loaded = new Map<NodePath, IndexNode>();
  let level: { path: NodePath; changes: readonly Change[]; count?: number }[] = [{ path: '', changes }];
  while (level.length > 0) {
    const encoded = await Promise.all(level.map(({ path }) => nodes.get(path)));
    const next: typeof level = [];
    for (const [index, { path, changes, count }] of level.entries()) {
      const node = readNode(path, encoded[index], count);
      loaded.set(path, node);
      if (node.kind === 'leaf') continue;
      const mayCollapse = nodeCount(node) - changes.filter(isRemoval).length <= leafCapacity;
      for (const [digit, part] of splitChanges(changes, path.length).entries()) {
        const count = node.counts[digit] ?? 0;
        if (count > 0 && (part.length > 0 || mayCollapse))
          next.push({ path: childPath(path, digit), changes: part, count });
      }
    }
    level = next;
  }
  return loaded;
}

/** The node that stands at `path` afterwards; `node` itself when nothing changes. */
function applyChanges(
  loaded: Loaded,
  path: NodePath,
  node: IndexNode,
  changes: readonly Change[],
  writes: Writes,
): IndexNode {
  if (node.kind === 'leaf') {
    const entries = mergeEntries(node.entries, changes);
    return equalBytes(entries, node.entries) ? node : writeSubtree(path, entries, writes);
  }
  const changed = new Map<number, IndexNode>();
  for (const [digit, part] of splitChanges(changes, path.length).entries()) {
    if (part.length === 0) continue;
    const before = childOf(loaded, path, node, digit);
    const after = applyChanges(loaded, childPath(path, digit), before, part, writes);
    if (after !== before) changed.set(digit, after);
  }
  if (changed.size === 0) return node;
  const updated = replaceChildren(node, changed);
  if (nodeCount(updated) <= leafCapacity) {
    const children = node.counts.map((_, digit) => changed.get(digit) ?? childOf(loaded, path, node, digit));
    return collapse(path, children, writes);
  }
  writes.set(path, encodeNode(path, updated));
  return updated;
}

/** Few enough entries are left to be one leaf: every child is a leaf by then, since none holds more. */
function collapse(path: NodePath, children: readonly IndexNode[], writes: Writes): IndexNode {
  const parts = children.map((child) => (child.kind === 'leaf' ? child.entries : emptyLeaf.entries));
  for (const [digit, child] of children.entries()) {
    if (child !== emptyLeaf) writes.set(childPath(path, digit), null);
  }
  return writeSubtree(path, concat(...parts), writes);
}

/** Writes the one subtree that these entries have: a leaf when they fit, inner nodes otherwise. */
function writeSubtree(path: NodePath, entries: PackedEntries, writes: Writes): IndexNode {
  if (entries.byteLength === 0) {
    writes.set(path, null);
    return emptyLeaf;
  }
  const node: IndexNode =
    entries.byteLength <= leafCapacity * entryBytes
      ? { kind: 'leaf', entries }
      : splitLeaf(path, entries, writes);
  writes.set(path, encodeNode(path, node));
  return node;
}

function splitLeaf(path: NodePath, entries: PackedEntries, writes: Writes): InnerNode {
  const children = new Map<number, IndexNode>();
  for (const [digit, part] of splitEntries(entries, path.length).entries()) {
    if (part.byteLength > 0) children.set(digit, writeSubtree(childPath(path, digit), part, writes));
  }
  return replaceChildren(childless, children);
}

const childless: InnerNode = {
  kind: 'inner',
  counts: new Array<number>(16).fill(0),
  digests: new Uint8Array(16 * digestBytes),
};

function replaceChildren(node: InnerNode, children: ReadonlyMap<number, IndexNode>): InnerNode {
  const counts = [...node.counts];
  const digests = node.digests.slice();
  for (const [digit, child] of children) {
    counts[digit] = nodeCount(child);
    digests.set(nodeDigest(child), digit * digestBytes);
  }
  return { kind: 'inner', counts, digests };
}

function childOf(loaded: Loaded, path: NodePath, node: InnerNode, digit: number): IndexNode {
  return node.counts[digit] === 0 ? emptyLeaf : loadedNode(loaded, childPath(path, digit));
}

function loadedNode(loaded: Loaded, path: NodePath): IndexNode {
  const node = loaded.get(path);
  if (node === undefined) throw new Error(`index node "${path}" is needed and was not read`);
  return node;
}

function isRemoval(change: Change): boolean {
  return change.byteLength === keyBytes;
}

/** The changes below each child of a node at `depth`. */
function splitChanges(changes: readonly Change[], depth: number): Change[][] {
  const parts: Change[][] = Array.from({ length: 16 }, () => []);
  for (const change of changes) parts[digitAt(change, depth)]?.push(change);
  return parts;
}

/** Both ascending by key. */
function mergeEntries(existing: PackedEntries, changes: readonly Change[]): PackedEntries {
  const merged = new Uint8Array(existing.byteLength + changes.length * entryBytes);
  let length = 0;
  let offset = 0;
  const append = (entry: Uint8Array): void => {
    merged.set(entry, length);
    length += entry.byteLength;
  };
  for (const change of changes) {
    let order = -1;
    for (; offset < existing.byteLength; offset += entryBytes) {
      order = compareBytes(existing.subarray(offset, offset + keyBytes), change.subarray(0, keyBytes));
      if (order >= 0) break;
      append(existing.subarray(offset, offset + entryBytes));
    }
    if (offset < existing.byteLength && order === 0) offset += entryBytes;
    if (!isRemoval(change)) append(change);
  }
  append(existing.subarray(offset));
  return merged.subarray(0, length);
}
