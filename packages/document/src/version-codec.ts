import {
  ByteWriter,
  type DecodeError,
  type Digest,
  digestOf,
  type Life,
  limits,
  type Result,
} from '@hearsay/core';
import { MixedWindow, WindowBuilder } from './delete-windows.ts';
import { DeletedClocks } from './deleted-clocks.ts';
import { decodeStrictly, malformed } from './strict-reader.ts';
import type { StateVector, Version } from './version.ts';

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
    const ranges = version.deleteSet.get(client)?.encoded;
    writer.varUint(client - before).varUint(version.stateVector.get(client) ?? 0);
    before = client;
    if (ranges === undefined) {
      writer.varUint(0);
      continue;
    }
    deleting++;
    writer.varUint(ranges.count).bytes(ranges.bytes);
  }
  if (deleting !== version.deleteSet.size) throw new RangeError('a version deletes what it does not know');
  return writer.finish();
}

/** Refuses anything but canonical bytes within `limits`. */
export function decodeVersion(bytes: Uint8Array): Result<Version, DecodeError> {
  return decodeStrictly(bytes, (reader) => {
    const stateVector = new Map<number, number>();
    const deleteSet = new Map<number, DeletedClocks>();
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
      const windows = new WindowBuilder();
      let end = 0;
      for (let j = 0; j < rangeCount; j++) {
        const distance = reader.varUint();
        if (distance === 0 && j > 0) malformed('ranges that touch');
        const start = end + distance;
        const length = reader.varUint();
        end = start + length;
        if (length === 0 || end > clock) malformed('a deleted range out of bounds');
        windows.add(start, end);
      }
      deleteSet.set(client, DeletedClocks.ofWindows(windows.finish()));
    }
    return { stateVector, deleteSet };
  });
}

/**
 * SHA-256 over the version, with a domain string and the life; first 16 bytes. Clients ascending; of each its clock and the
 * windows in which it deleted, a long one as its hash. Windows keep their hashes, so that an edit of a document with 100 KB
 * of deletes hashes 1 KB anew.
 *
 * `count (clientGap clock windowCount (windowGap × 2 + 1, count | windowGap × 2, bytes)*)*`, where `bytes` are the encoded ranges
 * of a window when under 16 bytes, else the first 16 of their SHA-256.
 */
export function versionDigest(version: Version, life: Life): Digest {
  const writer = new ByteWriter(256);
  const clients = [...version.stateVector.keys()].sort(ascending);
  writer.varUint(clients.length);
  let before = 0;
  for (const client of clients) {
    writer.varUint(client - before).varUint(version.stateVector.get(client) ?? 0);
    before = client;
    writeWindows(writer, version.deleteSet.get(client), ({ encoded, hash }, to) => {
      to.varBytes(encoded.byteLength < stampBytes ? encoded : hash.subarray(0, stampBytes));
    });
  }
  return digestOf('hearsay/version/1', new ByteWriter(8).varUint(life).finish(), writer.finish());
}

/** As many as a digest has itself: shorter would be weaker, longer would not make it stronger. */
const stampBytes = 16;

/** The windows of one client: how many, then each by its distance to the one before. */
export function writeWindows(
  writer: ByteWriter,
  deleted: DeletedClocks | undefined,
  writeMixed: (window: MixedWindow, writer: ByteWriter) => void,
): void {
  const windows = deleted?.windows ?? [];
  writer.varUint(windows.length);
  let next = 0;
  for (const window of windows) {
    const isMixed = window instanceof MixedWindow;
    writer.varUint((window.first - next) * 2 + (isMixed ? 0 : 1));
    if (isMixed) writeMixed(window, writer);
    else writer.varUint(window.count);
    next = window.first + window.count;
  }
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

function ascending(a: number, b: number): number {
  return a - b;
}
