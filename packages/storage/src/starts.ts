import { type ByteReader, ByteWriter, fromHex, type Random, toHex } from '@hearsay/core';

/**
 * One opening of a store. Identity and incarnation do not tell a directory that was put back (a snapshot of a machine, a
 * copy) from the one that it was: it comes to the same incarnation again, and gives the same feed sequences to other changes.
 */
export interface StoreStart {
  /** 16 random bytes, hexadecimal. */
  readonly id: string;
  /** Head of the change feed at that moment. */
  readonly feedHead: number;
}

/** Starts remembered. A backup that is older than that many goes on with everything. */
const maxStarts = 64;

const idBytes = 16;

/** The starts with a new one, oldest first. */
export function withStart(
  starts: readonly StoreStart[],
  feedHead: number,
  random: Pick<Random, 'bytes'>,
): readonly StoreStart[] {
  return [...starts, { id: toHex(random.bytes(idBytes)), feedHead }].slice(-maxStarts);
}

/** Whether what one start gave a feed sequence to is what has it now: until the next start, when the feed stood below, it is. */
export function isSameHistory(
  starts: readonly StoreStart[],
  { id, feedSequence }: { readonly id: string; readonly feedSequence: number },
): boolean {
  const position = starts.findLastIndex((start) => start.id === id);
  if (position === -1) return false;
  const next = starts[position + 1];
  return next === undefined || feedSequence <= next.feedHead;
}

export function encodeStarts(starts: readonly StoreStart[]): Uint8Array {
  const writer = new ByteWriter(starts.length * 24);
  for (const { id, feedHead } of starts) writer.bytes(fromHex(id)).varUint(feedHead);
  return writer.finish();
}

export function decodeStarts(reader: ByteReader): readonly StoreStart[] {
  const starts: StoreStart[] = [];
  while (reader.remaining > 0) starts.push({ id: toHex(reader.bytes(idBytes)), feedHead: reader.varUint() });
  return starts;
}
