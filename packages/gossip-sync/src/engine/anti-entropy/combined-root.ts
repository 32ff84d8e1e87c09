import { type Digest, digestOf, emptyDigest, fromHex, utf8Encode } from '@hearsay/core';
import type { CollectionRoot } from '../../ports.ts';

/** One digest over the roots of all collections: equal stores, equal digest. Empty collections do not count. */
export function combinedRoot(roots: readonly CollectionRoot[]): Digest {
  const parts = roots
    .filter((root) => root.count > 0)
    .flatMap(({ collection, digest }) => [utf8Encode(collection), fromHex(digest)]);
  return parts.length === 0 ? emptyDigest : digestOf('hearsay/roots/1', ...parts);
}

/** Documents in all collections. */
export function totalCount(roots: readonly CollectionRoot[]): number {
  return roots.reduce((sum, root) => sum + root.count, 0);
}
