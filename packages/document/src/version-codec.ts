import {
  ByteWriter,
  type DecodeError,
  type Digest,
  digestOf,
  type Life,
  limits,
  type Result,
} from '@hearsay/core';
import { decodeStrictly, malformed } from './strict-reader.ts';
import type { DeleteRange, StateVector, Version } from './version.ts';

/**
 * Canonical bytes: client ids ascending, ranges merged and ascending. Equal versions give equal bytes.
 *
 * `count (clientGap clock rangeCount (gap length)*)*`, all varUint; the first client gap is the id itself, later ones
 * the distance to the client before; the first range gap is the clock itself, later ones the distance to the end
 * of the range before.
 */
export function encodeVersion(version: Version): Uint8Array {
  const clients = [...version.stateVector.keys()].sort(ascending);
  const writer = new ByteWriter(16 + clients.length * 8 + version.deleteSet.size * 8);
  writer.varUint(clients.length);
  let before = 0;
  let deleting = 0;
  for (const client of clients) {
    const ranges = version.deleteSet.get(client);
    writer.varUint(client - before).varUint(version.stateVector.get(client) ?? 0);
    before = client;
    if (ranges === undefined) {
      writer.varUint(0);
      continue;
    }
    deleting++;
    writer.varUint(ranges.length).bytes(encodeRanges(ranges));
  }
  if (deleting !== version.deleteSet.size) throw new RangeError('a version deletes what it does not know');
  return writer.finish();
}

/** Refuses anything but canonical bytes within `limits`. */
export function decodeVersion(bytes: Uint8Array): Result<Version, DecodeError> {
  return decodeStrictly(bytes, (reader) => {
    const stateVector = new Map<number, number>();
    const deleteSet = new Map<number, readonly DeleteRange[]>();
    const count = reader.varUint();
    if (count > limits.clientsPerDocument) malformed(`more than ${limits.clientsPerDocument} clients`);
    let client = 0;
    for (let i = 0; i < count; i++) {
      const gap = reader.varUint();
      if (gap === 0 && i > 0) malformed('a client twice');
      client += gap;
      if (client > limits.clientId) malformed('client id out of range');
      const clock = reader.varUint();
      if (clock === 0 || clock > limits.clock) malformed('clock out of range');
      stateVector.set(client, clock);
      const rangeCount = reader.varUint();
      if (rangeCount === 0) continue;
      const ranges: DeleteRange[] = [];
      let end = 0;
      for (let j = 0; j < rangeCount; j++) {
        const distance = reader.varUint();
        if (distance === 0 && j > 0) malformed('ranges that touch');
        const start = end + distance;
        const length = reader.varUint();
        end = start + length;
        if (length === 0 || end > clock) malformed('a deleted range out of bounds');
        ranges.push({ clock: start, length });
      }
      deleteSet.set(client, ranges);
    }
    return { stateVector, deleteSet };
  });
}

/** SHA-256 over the canonical bytes, with a domain string and the life; first 16 bytes. */
export function versionDigest(version: Version, life: Life): Digest {
  return digestOf('hearsay/version/1', new ByteWriter(8).varUint(life).finish(), encodeVersion(version));
}

/** lib0 form of a state vector, as y-protocols' sync step 1 carries it (descending client ids). */
export function encodeStateVector(stateVector: StateVector): Uint8Array {
  const clients = [...stateVector.keys()].sort(ascending).reverse();
  const writer = new ByteWriter(16 + clients.length * 8);
  writer.varUint(clients.length);
  for (const client of clients) writer.varUint(client).varUint(stateVector.get(client) ?? 0);
  return writer.finish();
}

/** Refuses malformed bytes and more than `maxEntries` clients. Entries with clock 0 say nothing and are left out. */
export function decodeStateVector(bytes: Uint8Array, maxEntries: number): Result<StateVector, DecodeError> {
  return decodeStrictly(bytes, (reader) => {
    const stateVector = new Map<number, number>();
    const seen = new Set<number>();
    const count = reader.varUint();
    if (count > maxEntries) malformed(`more than ${maxEntries} clients`);
    for (let i = 0; i < count; i++) {
      const client = reader.varUint();
      const clock = reader.varUint();
      if (client > limits.clientId) malformed('client id out of range');
      if (clock > limits.clock) malformed('clock out of range');
      if (seen.has(client)) malformed('a client twice');
      seen.add(client);
      if (clock > 0) stateVector.set(client, clock);
    }
    return stateVector;
  });
}

/**
 * Encoded ranges of clients that delete much, by identity of the list: versions share the lists that an edit leaves
 * alone, and typing deletes nothing.
 */
const encodedRanges = new WeakMap<readonly DeleteRange[], Uint8Array>();
const cachedRanges = 64;

function encodeRanges(ranges: readonly DeleteRange[]): Uint8Array {
  const known = encodedRanges.get(ranges);
  if (known !== undefined) return known;
  const bytes = new Uint8Array(ranges.length * 14);
  let size = 0;
  let end = 0;
  for (const range of ranges) {
    size = putVarUint(bytes, size, range.clock - end);
    size = putVarUint(bytes, size, range.length);
    end = range.clock + range.length;
  }
  const encoded = bytes.slice(0, size);
  if (ranges.length >= cachedRanges) encodedRanges.set(ranges, encoded);
  return encoded;
}

/** Writes a number below 2^49 at `offset` and gives the offset after it. */
function putVarUint(bytes: Uint8Array, offset: number, value: number): number {
  let at = offset;
  let rest = value;
  for (; rest > 0x7fffffff; rest = Math.floor(rest / 0x80)) bytes[at++] = 0x80 | (rest % 0x80);
  for (; rest > 0x7f; rest >>>= 7) bytes[at++] = 0x80 | (rest & 0x7f);
  bytes[at++] = rest;
  return at;
}

function ascending(a: number, b: number): number {
  return a - b;
}
