import { type Digest, type DocumentKey, digestBytes, emptyBytes, fromHex } from '@hearsay/core';
import { digitAt } from './node.ts';

/** The entry to put, 16 bytes of key and 16 bytes of digest, or only the key of the one to remove. */
export type Change = Uint8Array;

/** Ascending by key. */
export function packChanges(changes: ReadonlyMap<DocumentKey, Digest | null>): Change[] {
  const sorted = [...changes].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([key, digest]) => fromHex(digest === null ? key : key + digest));
}

export function isRemoval(change: Change): boolean {
  return change.byteLength <= digestBytes;
}

/** Where each child's part of the sorted changes from `start` to `end` begins; the last number is `end`. */
export function childBounds(changes: readonly Change[], start: number, end: number, depth: number): number[] {
  const bounds: number[] = [];
  let index = start;
  for (let digit = 0; digit < 16; digit++) {
    bounds.push(index);
    while (index < end && digitAt(changes[index] ?? emptyBytes, depth) === digit) index++;
  }
  bounds.push(end);
  return bounds;
}
