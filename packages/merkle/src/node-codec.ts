import { decode, failDecode } from '@hearsay/core';
import { innerTag, readInner } from './inner-node.ts';
import { checkLeaf } from './leaf.ts';
import { DamagedNodeError, emptyLeaf, type IndexNode } from './node.ts';
import type { NodePath } from './node-store.ts';

/** Throws {@link DamagedNodeError} on what cannot be a node at this path. */
export function decodeNode(path: NodePath, encoded: Uint8Array): IndexNode {
  const decoded = decode(encoded, (reader): IndexNode => {
    if (encoded[0] === innerTag) return readInner(reader, path, encoded);
    const leaf = checkLeaf(path, reader.rest());
    // A leaf without entries is not written but deleted.
    if (leaf === emptyLeaf) failDecode('no entries');
    return leaf;
  });
  if (!decoded.ok) throw new DamagedNodeError(path, decoded.error.message);
  return decoded.value;
}
