import type { Digest } from '@hearsay/core';

/**
 * Where a node stands: the hexadecimal digits that all keys below it begin with. The root is the empty string.
 */
export type NodePath = string;

/**
 * Reads encoded nodes of one index. A path never written, or deleted, gives undefined. What one call of this package
 * reads has to be of one moment: nothing may be written to the index meanwhile.
 */
export interface NodeReader {
  get(path: NodePath): Promise<Uint8Array | undefined>;
}

/** A node store: what an index reads from, and where the writes of an update go, all or none. */
export interface NodeStore extends NodeReader {
  write(writes: IndexUpdate['writes']): Promise<void>;
}

/** The whole index in two values. An index without entries has count 0 and `emptyDigest`. */
export interface IndexRoot {
  readonly count: number;
  readonly digest: Digest;
}

/** What an update of the index asks to be written, in one batch with its new root; null deletes the node. */
export interface IndexUpdate {
  readonly root: IndexRoot;
  readonly writes: ReadonlyMap<NodePath, Uint8Array | null>;
}
