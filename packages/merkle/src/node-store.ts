import type { Digest } from '@hearsay/core';

/**
 * Where a node stands: the hexadecimal digits that all keys below it begin with. The root is the empty string.
 */
export type NodePath = string;

/** Reads encoded nodes of one index. A path never written, or deleted, gives undefined. */
export interface NodeReader {
  get(path: NodePath): Promise<Uint8Array | undefined>;
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
