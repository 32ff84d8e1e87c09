import { type ByteReader, ByteWriter, type Digest, fromHex, toHex } from '@hearsay/core';
import type { IndexRoot } from '@hearsay/merkle';

/** Roots of the collections' indexes, by collection. */
export type IndexRoots = ReadonlyMap<string, IndexRoot>;

export function encodeIndexRoot(root: IndexRoot): Uint8Array {
  return new ByteWriter(24).varUint(root.count).bytes(fromHex(root.digest)).finish();
}

export function decodeIndexRoot(reader: ByteReader): IndexRoot {
  return { count: reader.varUint(), digest: toHex(reader.bytes(16)) as Digest };
}
