import type { Digest, DocumentKey } from '@hearsay/core';
import {
  type ChildSummary,
  decodeNode,
  emptyLeaf,
  encodeNode,
  type IndexEntry,
  type IndexNode,
  keyDigits,
  leafCapacity,
  nodeCount,
  nodeDigest,
  nodeSummary,
} from './node.ts';
import type { IndexRoot, IndexUpdate, NodePath, NodeReader } from './node-store.ts';

/** A change of one entry: its new digest, or null to remove it. */
type Change = readonly [key: DocumentKey, digest: Digest | null];

export async function loadNode(nodes: NodeReader, path: NodePath): Promise<IndexNode> {
  const bytes = await nodes.get(path);
  return bytes === undefined ? emptyLeaf : decodeNode(path, bytes);
}

/**
 * The subtree below a path as a node, also where none is stored: below a leaf it is the part of the leaf's entries that
 * belong there.
 */
export async function nodeAt(nodes: NodeReader, path: NodePath): Promise<IndexNode> {
  for (let length = path.length; length >= 0; length--) {
    const prefix = path.slice(0, length);
    const bytes = await nodes.get(prefix);
    if (bytes === undefined) continue;
    const node = decodeNode(prefix, bytes);
    if (length === path.length) return node;
    if (node.kind === 'inner') return emptyLeaf;
    return { kind: 'leaf', entries: node.entries.filter(({ key }) => key.startsWith(path)) };
  }
  return emptyLeaf;
}

/**
 * Applies a batch of changes: reads only the nodes on their paths, hashes each of them once, and returns what has to be
 * written in one batch. Equal content gives equal nodes, whatever the history. Throws `DamagedNodeError`.
 */
export async function updateIndex(
  nodes: NodeReader,
  changes: ReadonlyMap<DocumentKey, Digest | null>,
): Promise<IndexUpdate> {
  const writes = new Map<NodePath, Uint8Array | null>();
  const sorted = [...changes].sort(([a], [b]) => (a < b ? -1 : 1));
  const node = await applyChanges(nodes, '', sorted, writes);
  return { root: { count: nodeCount(node), digest: nodeDigest(node) }, writes };
}

export async function readRoot(nodes: NodeReader): Promise<IndexRoot> {
  const root = await loadNode(nodes, '');
  return { count: nodeCount(root), digest: nodeDigest(root) };
}

export async function lookup(nodes: NodeReader, key: DocumentKey): Promise<Digest | undefined> {
  for (let depth = 0; depth <= keyDigits; depth++) {
    const node = await loadNode(nodes, key.slice(0, depth));
    if (node.kind === 'leaf') return node.entries.find((entry) => entry.key === key)?.digest;
    if (node.children[digitAt(key, depth)] === null) return undefined;
  }
  return undefined;
}

/** All entries below `prefix`, ascending by key. Reads as it goes. */
export async function* entries(nodes: NodeReader, prefix: NodePath = ''): AsyncGenerator<IndexEntry> {
  const node = await loadNode(nodes, prefix);
  if (node.kind === 'leaf') {
    yield* node.entries;
    return;
  }
  for (const [digit, child] of node.children.entries()) {
    if (child !== null) yield* entries(nodes, prefix + digit.toString(16));
  }
}

/** Groups a sorted list by the digit after `depth`. */
export function groupByDigit<T>(items: readonly T[], depth: number, keyOf: (item: T) => string): T[][] {
  const groups: T[][] = Array.from({ length: 16 }, () => []);
  for (const item of items) groups[digitAt(keyOf(item), depth)]?.push(item);
  return groups;
}

function digitAt(key: string, depth: number): number {
  return Number.parseInt(key.charAt(depth), 16);
}

async function applyChanges(
  nodes: NodeReader,
  path: NodePath,
  changes: readonly Change[],
  writes: Map<NodePath, Uint8Array | null>,
): Promise<IndexNode> {
  const node = await loadNode(nodes, path);
  if (node.kind === 'leaf') {
    const merged = mergeEntries(node.entries, changes);
    if (merged === node.entries) return node;
    return writeEntries(path, merged, writes);
  }
  const children: (ChildSummary | null)[] = [...node.children];
  const touched = new Map<number, IndexNode>();
  await Promise.all(
    groupByDigit(changes, path.length, ([key]) => key).map(async (group, digit) => {
      if (group.length === 0) return;
      const child = await applyChanges(nodes, path + digit.toString(16), group, writes);
      touched.set(digit, child);
      children[digit] = nodeSummary(child);
    }),
  );
  if (children.every((child, digit) => child?.digest === node.children[digit]?.digest)) return node;
  const updated: IndexNode = { kind: 'inner', children };
  if (nodeCount(updated) > leafCapacity) {
    writes.set(path, encodeNode(updated));
    return updated;
  }
  return collapse(nodes, path, updated.children, touched, writes);
}

/** Few enough entries are left to be one leaf: every child is a leaf by then, since none holds more. */
async function collapse(
  nodes: NodeReader,
  path: NodePath,
  children: readonly (ChildSummary | null)[],
  touched: ReadonlyMap<number, IndexNode>,
  writes: Map<NodePath, Uint8Array | null>,
): Promise<IndexNode> {
  const collected: IndexEntry[] = [];
  for (const [digit, summary] of children.entries()) {
    const childPath = path + digit.toString(16);
    const child = touched.get(digit) ?? (summary === null ? emptyLeaf : await loadNode(nodes, childPath));
    if (child.kind === 'leaf') collected.push(...child.entries);
    if (summary !== null || touched.has(digit)) writes.set(childPath, null);
  }
  return writeEntries(path, collected, writes);
}

/** Writes the one subtree that these entries have: a leaf when they fit, inner nodes otherwise. */
function writeEntries(
  path: NodePath,
  items: readonly IndexEntry[],
  writes: Map<NodePath, Uint8Array | null>,
): IndexNode {
  const node: IndexNode =
    items.length <= leafCapacity
      ? { kind: 'leaf', entries: items }
      : {
          kind: 'inner',
          children: groupByDigit(items, path.length, ({ key }) => key).map((group, digit) =>
            group.length === 0 ? null : nodeSummary(writeEntries(path + digit.toString(16), group, writes)),
          ),
        };
  writes.set(path, items.length === 0 ? null : encodeNode(node));
  return node;
}

/** Both sorted by key; gives `existing` itself when nothing changes. */
function mergeEntries(existing: readonly IndexEntry[], changes: readonly Change[]): readonly IndexEntry[] {
  const byKey = new Map(existing.map((entry) => [entry.key, entry.digest]));
  let changed = false;
  for (const [key, digest] of changes) {
    if ((byKey.get(key) ?? null) === digest) continue;
    changed = true;
    if (digest === null) byKey.delete(key);
    else byKey.set(key, digest);
  }
  if (!changed) return existing;
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, digest]) => ({ key, digest }));
}
