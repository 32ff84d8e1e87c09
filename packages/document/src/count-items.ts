import { StructReader } from './struct-reader.ts';

/**
 * Items that Yjs makes of a log at most: one for each struct, two more for each range of deletes, which divides what it lies in,
 * but never more than there are clocks. Each takes about 300 bytes of heap. Where there cannot be more than `enough`, for want of
 * bytes, nothing is counted.
 */
export function countItems(updates: readonly Uint8Array[], enough: number): number {
  // No struct and no range takes less than two bytes, and a range may make two items.
  const bytes = updates.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (bytes <= enough) return bytes;
  let pieces = 0;
  const ends = new Map<number, number>();
  for (const update of updates) {
    const reader = new StructReader(update);
    for (let rest = reader.clientCount(); rest > 0; rest--) {
      reader.openClient();
      pieces += reader.structCount;
      for (let structs = reader.structCount; structs > 0; structs--) reader.next();
      const end = reader.clock + reader.length;
      if (end > (ends.get(reader.client) ?? 0)) ends.set(reader.client, end);
    }
    for (let rest = reader.clientCount(); rest > 0; rest--) {
      reader.openDeletes();
      pieces += 2 * reader.deletes().length;
    }
  }
  let clocks = 0;
  for (const end of ends.values()) clocks += end;
  return Math.min(pieces, clocks);
}
