import { ByteWriter, concat, type DecodeError, limits, ok, type Result } from '@hearsay/core';
import { type DeleteRange, normalizeRanges, type Ranges, unionRanges } from './delete-ranges.ts';
import { MixedWindow, windowClocks } from './delete-windows.ts';
import { DeletedClocks } from './deleted-clocks.ts';
import { sectionsSince } from './difference.ts';
import { decodeStrictly, malformed, type StrictReader } from './strict-reader.ts';
import { writeUpdate } from './update-writer.ts';
import { coversVersion, type StateVector, subtractDeleteSets, type Version } from './version.ts';
import { decodeVersion, encodeVersion, writeWindows } from './version-codec.ts';

/** What the owner of a document finds when a peer describes its own copy. */
export interface SketchComparison {
  /** What the peer lacks; null when nothing. */
  readonly update: Uint8Array | null;
  /** Whether the peer has something that is lacking here. True in doubt: deletes may differ either way. */
  readonly theyKnowMore: boolean;
  /** Whether the update holds only what the peer lacks; else also deletes it has, near those it lacks. */
  readonly exact: boolean;
}

/**
 * Bytes of a version up to which a sketch is the version itself. More bytes in every description against none of
 * the superfluous deletes in an answer; 1 KB is a packet.
 */
const fullBytes = 1024;

/** Of a window's hash: a false match would only leave a difference to be found by whoever compares digests. */
const hashBytes = 8;

const fullFormat = 0;
const windowedFormat = 1;

/**
 * Describes a version in bounded bytes: all of it when small, else its state vector and a hash for every window of
 * 4096 clocks in which some clocks are deleted and some are not; windows deleted throughout cost nothing but their number.
 * A long document with 10 KB of deletes takes under 1 KB.
 */
export function sketchVersion(version: Version): Uint8Array {
  if (leastBytes(version) <= fullBytes) {
    const full = encodeVersion(version);
    if (full.byteLength <= fullBytes) return concat(Uint8Array.of(fullFormat), full);
  }
  const writer = new ByteWriter(1024);
  writer.byte(windowedFormat).varUint(version.stateVector.size);
  let before = 0;
  for (const client of [...version.stateVector.keys()].sort((a, b) => a - b)) {
    writer.varUint(client - before).varUint(version.stateVector.get(client) ?? 0);
    before = client;
    writeWindows(writer, version.deleteSet.get(client), ({ hash }, to) => {
      to.bytes(hash.subarray(0, hashBytes));
    });
  }
  return writer.finish();
}

/** Bytes that the full form takes at least: no number takes less than one. */
function leastBytes(version: Version): number {
  let bytes = 3 * version.stateVector.size;
  for (const { windows } of version.deleteSet.values()) {
    for (const window of windows) bytes += window instanceof MixedWindow ? 2 * window.rangeCount - 2 : 0;
  }
  return bytes;
}

/** Compares the document here (`state`, of version `mine`) with a peer's sketch of its copy. */
export function compareSketch(
  state: Uint8Array,
  mine: Version,
  sketch: Uint8Array,
): Result<SketchComparison, DecodeError> {
  if (sketch[0] === fullFormat) {
    const theirs = decodeVersion(sketch.subarray(1));
    if (!theirs.ok) return theirs;
    const deletes = subtractDeleteSets(mine.deleteSet, theirs.value.deleteSet);
    return ok({
      update: lackingUpdate(state, mine.stateVector, theirs.value.stateVector, deletes),
      theyKnowMore: !coversVersion(mine, theirs.value),
      exact: true,
    });
  }
  const decoded = decodeStrictly(sketch, readWindowed);
  if (!decoded.ok) return decoded;
  return ok(compareWindowed(state, mine, decoded.value));
}

/** What a sketch tells of a peer's copy before the document itself is looked at. */
export interface SketchWeight {
  /** Up to where the peer has each client. */
  readonly stateVector: StateVector;
  /** Whether the peer lacks structs. Where not, {@link compareSketch} needs no state. */
  readonly isBehind: boolean;
  /** Ranges of deletes that may be lacking there, at most. */
  readonly deleteRanges: number;
}

/** Weighs what a comparison will cost: looks at windows, and at none of their ranges. */
export function weighSketch(mine: Version, sketch: Uint8Array): Result<SketchWeight, DecodeError> {
  const decoded = readSketch(sketch);
  if (!decoded.ok) return decoded;
  const stateVector = new Map<number, number>();
  for (const [client, { clock }] of decoded.value) stateVector.set(client, clock);
  let isBehind = false;
  for (const [client, clock] of mine.stateVector) isBehind ||= clock > (stateVector.get(client) ?? 0);
  let deleteRanges = 0;
  for (const [client, { windows }] of mine.deleteSet) {
    const hashes = new Map(decoded.value.get(client)?.mixed.map(({ first, hash }) => [first, hash]));
    for (const window of windows) {
      if (!(window instanceof MixedWindow)) deleteRanges++;
      else if (!isHashOf(hashes.get(window.first), window)) deleteRanges += window.rangeCount;
    }
  }
  return ok({ stateVector, isBehind, deleteRanges });
}

/** Either kind, by windows. */
function readSketch(sketch: Uint8Array): Result<ReadonlyMap<number, WindowedClient>, DecodeError> {
  if (sketch[0] !== fullFormat) return decodeStrictly(sketch, readWindowed);
  const decoded = decodeVersion(sketch.subarray(1));
  if (!decoded.ok) return decoded;
  const clients = new Map<number, WindowedClient>();
  for (const [client, clock] of decoded.value.stateVector) {
    const mixed: { first: number; hash: Uint8Array }[] = [];
    for (const window of decoded.value.deleteSet.get(client)?.windows ?? []) {
      if (window instanceof MixedWindow) mixed.push({ first: window.first, hash: window.hash });
    }
    clients.set(client, { clock, full: [], mixed });
  }
  return ok(clients);
}

function isHashOf(hash: Uint8Array | undefined, window: MixedWindow): boolean {
  return hash?.subarray(0, hashBytes).every((byte, i) => byte === window.hash[i]) === true;
}

interface WindowedClient {
  readonly clock: number;
  /** Clocks in windows that are deleted throughout. */
  readonly full: Ranges;
  readonly mixed: readonly { readonly first: number; readonly hash: Uint8Array }[];
}

function readWindowed(reader: StrictReader): ReadonlyMap<number, WindowedClient> {
  if (reader.byte() !== windowedFormat) malformed('unknown kind of sketch');
  const clients = new Map<number, WindowedClient>();
  const count = reader.varUint();
  if (count > limits.clientsPerDocument) malformed(`more than ${limits.clientsPerDocument} clients`);
  let client = 0;
  for (let i = 0; i < count; i++) {
    const gap = reader.varUint();
    if (gap === 0 && i > 0) malformed('a client twice');
    client += gap;
    const clock = reader.varUint();
    if (client > limits.clientId || clock === 0 || clock > limits.clock) malformed('client out of range');
    clients.set(client, readWindows(reader, clock));
  }
  return clients;
}

function readWindows(reader: StrictReader, clock: number): WindowedClient {
  const full: DeleteRange[] = [];
  const mixed: { first: number; hash: Uint8Array }[] = [];
  let next = 0;
  for (let rest = reader.varUint(); rest > 0; rest--) {
    const head = reader.varUint();
    const first = next + Math.floor(head / 2);
    if (head % 2 === 1) {
      const count = reader.varUint();
      next = first + count;
      if (count === 0 || next * windowClocks > clock) malformed('window out of range');
      full.push({ clock: first * windowClocks, length: count * windowClocks });
    } else {
      next = first + 1;
      if (first * windowClocks >= clock) malformed('window out of range');
      reader.pass(hashBytes);
      mixed.push({ first, hash: reader.input.subarray(reader.offset - hashBytes, reader.offset) });
    }
  }
  return { clock, full: normalizeRanges(full), mixed };
}

function compareWindowed(
  state: Uint8Array,
  mine: Version,
  theirs: ReadonlyMap<number, WindowedClient>,
): SketchComparison {
  let theyKnowMore = false;
  let exact = true;
  const clocks = new Map<number, number>();
  const deletes = new Map<number, Ranges>();
  for (const [client, known] of theirs) {
    clocks.set(client, known.clock);
    if (known.clock > (mine.stateVector.get(client) ?? 0)) theyKnowMore = true;
  }
  for (const client of new Set([...mine.deleteSet.keys(), ...theirs.keys()])) {
    const deleted = mine.deleteSet.get(client) ?? DeletedClocks.of([]);
    const known = theirs.get(client) ?? { clock: 0, full: [], mixed: [] };
    const comparison = compareClient(deleted, known);
    theyKnowMore ||= comparison.theyKnowMore;
    exact &&= comparison.exact;
    if (comparison.lacking.length > 0) deletes.set(client, comparison.lacking);
  }
  return { update: lackingUpdate(state, mine.stateVector, clocks, deletes), theyKnowMore, exact };
}

function compareClient(
  mine: DeletedClocks,
  theirs: WindowedClient,
): { readonly lacking: Ranges; readonly theyKnowMore: boolean; readonly exact: boolean } {
  // Of what they have not got at all, they cannot know the deletes.
  const common = mine.before(theirs.clock);
  const beyond = mine.clip(theirs.clock, limits.clock);
  let theyKnowMore = common.lacking(theirs.full).length > 0;
  let exact = true;
  const equal: DeleteRange[] = [];
  for (const { first, hash } of theirs.mixed) {
    const window = common.window(first);
    if (window === undefined) theyKnowMore = true;
    else if (!(window instanceof MixedWindow)) exact = false;
    else if (isHashOf(hash, window)) {
      equal.push({ clock: first * windowClocks, length: windowClocks });
    } else {
      exact = false;
      theyKnowMore = true;
    }
  }
  const settled = DeletedClocks.of(unionRanges(theirs.full, normalizeRanges(equal)));
  return { lacking: unionRanges(common.minus(settled), beyond), theyKnowMore, exact };
}

function lackingUpdate(
  state: Uint8Array,
  mine: StateVector,
  theirs: StateVector,
  deletes: ReadonlyMap<number, Ranges>,
): Uint8Array | null {
  let behind = false;
  for (const [client, clock] of mine) behind ||= clock > (theirs.get(client) ?? 0);
  const sections = behind ? sectionsSince(state, theirs) : [];
  return sections.length === 0 && deletes.size === 0 ? null : writeUpdate(sections, deletes);
}
