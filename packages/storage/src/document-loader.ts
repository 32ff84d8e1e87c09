import { type DocumentId, documentKey, equalBytes, type Life, limits } from '@hearsay/core';
import {
  admitUpdate,
  decodeVersion,
  emptyVersion,
  equalVersions,
  type Version,
  versionOfUpdate,
} from '@hearsay/document';
import { at, type Database, type Moment } from './database.ts';
import { type FoundRecord, isUnreadable, readDocumentRecords } from './document-records.ts';
import { type DocumentState, isEnded, phaseOf, stateOfHead } from './document-state.ts';
import { readRecord } from './envelope.ts';
import { nameKey, parseDocumentRecordKey } from './keys.ts';
import type { LargeLogs } from './large-logs.ts';
import {
  decodeHead,
  decodeKey,
  decodePart,
  type HeadRecord,
  type PartRecord,
  type QuarantineReason,
} from './records.ts';

/** What a document's records say, all of one moment. */
export type LoadedDocument =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'whole';
      readonly id: DocumentId;
      readonly state: DocumentState;
      readonly feedSequence: number;
      /** Snapshot and tail, oldest first, as views; empty when only the version was asked for. */
      readonly updates: readonly Uint8Array[];
    }
  | {
      readonly kind: 'damaged';
      readonly reason: QuarantineReason;
      readonly head: HeadRecord | undefined;
      /** The highest that any record speaks of; 0 where none does. */
      readonly life: Life;
      /** What of that life can still be read, oldest first; some of it may build on what cannot. */
      readonly readable: readonly Uint8Array[];
      /** What the copy is known to have had. */
      readonly known: Version;
      /** Whether that is all that it had. */
      readonly isAllKnown: boolean;
      /** The last update that any record speaks of. */
      readonly tailSequence: number;
    };

export type LoadDepth = 'version' | 'contents' | 'verified';

export interface LoadOptions {
  /** Whose document it is: one that is listed and of which nothing is left is then no absent one. */
  readonly id?: DocumentId | undefined;
  /** Read at this moment, or at one of its own. */
  readonly moment?: Moment | undefined;
  /** What is in memory of it: where the records are those that it came from, its version is theirs. */
  readonly known?: DocumentState | undefined;
}

/** How a large document is read without holding others up. */
export interface Pace {
  /** Lets others have a turn, in the middle of a long log. */
  nextTurn(): Promise<void>;
  readonly largeLogs: Pick<LargeLogs, 'version'>;
}

/**
 * Reads a document's records, and checks every checksum, that no update
 * of the tail is missing, and that each builds on those before. With `depth` `version` the snapshot is left out; with
 * `verified` it is decoded too and must have the version that is noted for it.
 */
export async function loadDocument(
  database: Database,
  keyBytes: Uint8Array,
  depth: LoadDepth,
  pace: Pace,
  options: LoadOptions = {},
): Promise<LoadedDocument> {
  const { id, moment } = options;
  const records = await readDocumentRecords(database, keyBytes, depth !== 'version', id, moment);
  if (records.length > 0) return assemble(await readParts(records, pace), depth, pace, options);
  if (id === undefined) return { kind: 'absent' };
  const listed = await isListed(database, id, moment).catch(unknownIfUnreadable);
  // Nothing is said of it until that can be read; a document that was never there is let out again then.
  if (listed === undefined) return damaged('UNREADABLE', await readParts([], pace));
  if (!listed) return { kind: 'absent' };
  // It may have come into being since.
  const again = await readDocumentRecords(database, keyBytes, depth !== 'version', id, moment);
  const parts = await readParts(again, pace);
  return again.length > 0 ? assemble(parts, depth, pace, options) : damaged('LOST', parts);
}

function unknownIfUnreadable(error: unknown): undefined {
  if (!isUnreadable(error)) throw error;
}

/** A live document's name is written and deleted with its head. */
async function isListed(database: Database, id: DocumentId, moment: Moment | undefined): Promise<boolean> {
  const key = nameKey(id.collection, id.name);
  const value = await database.get(key, at({}, moment));
  return value !== undefined && readRecord(key, value, decodeKey) === documentKey(id);
}

interface Parts {
  head: HeadRecord | undefined;
  base: PartRecord | undefined;
  snapshot: PartRecord | undefined;
  readonly tail: PartRecord[];
  unreadable: boolean;
  broken: boolean;
}

async function readParts(records: readonly FoundRecord[], { nextTurn }: Pace): Promise<Parts> {
  const parts: Parts = {
    head: undefined,
    base: undefined,
    snapshot: undefined,
    tail: [],
    unreadable: false,
    broken: false,
  };
  const turns = new Turns(nextTurn);
  for (const [key, value] of records) {
    if (turns.isOver) await turns.next();
    turns.add(recordBytes + (value?.byteLength ?? 0) / 32);
    if (value === undefined) {
      parts.unreadable = true;
      continue;
    }
    const place = parseDocumentRecordKey(key);
    if (place?.part === 'head') {
      parts.head = readRecord(key, value, decodeHead);
      parts.broken ||= parts.head === undefined;
      continue;
    }
    const part = readRecord(key, value, decodePart);
    if (part === undefined || place === undefined) parts.broken = true;
    else if (place.part === 'version') parts.base = part;
    else if (place.part === 'snapshot') parts.snapshot = part;
    else parts.tail.push(part);
  }
  return parts;
}

async function assemble(
  parts: Parts,
  depth: LoadDepth,
  pace: Pace,
  options: LoadOptions,
): Promise<LoadedDocument> {
  const { head, base, snapshot, tail } = parts;
  if (parts.unreadable) return damaged('UNREADABLE', parts);
  if (parts.broken) return damaged('CHECKSUM', parts);
  if (head === undefined) return damaged('HEAD_LOST', parts);
  if (!isEnded(head)) {
    const based = head.snapshotBytes > 0;
    if (based !== (base !== undefined)) return damaged('HOLE', parts);
    if (depth !== 'version' && based !== (snapshot !== undefined)) return damaged('HOLE', parts);
    if (!belongs(base, head) || !belongs(snapshot, head)) return damaged('INCONSISTENT', parts);
  }
  let sequence = head.baseSequence;
  for (const part of tail) {
    sequence++;
    if (part.sequence !== sequence) return damaged('HOLE', parts);
    if (part.life !== head.life) return damaged('INCONSISTENT', parts);
  }
  if (sequence !== head.tailSequence && !isEnded(head)) return damaged('HOLE', parts);
  const known = depth === 'verified' ? undefined : versionKnown(head, options.known);
  const start = known ?? (base === undefined ? emptyVersion : versionOf(base));
  const version = known ?? (start && (await replay(start, tail, pace)));
  if (version === undefined) return damaged('INCONSISTENT', parts);
  if (depth === 'verified' && snapshot !== undefined && !(await isVersion(snapshot, start, base, pace))) {
    return damaged('INCONSISTENT', parts);
  }
  const contents = snapshot === undefined ? tail : [snapshot, ...tail];
  return {
    kind: 'whole',
    id: head.id,
    state: stateOfHead(head, version),
    feedSequence: head.feedSequence,
    updates: depth === 'version' ? [] : contents.map((part) => part.bytes),
  };
}

async function isVersion(
  { bytes }: PartRecord,
  noted: Version | undefined,
  base: PartRecord | undefined,
  { largeLogs }: Pace,
): Promise<boolean> {
  if (noted === undefined || base === undefined) return false;
  if (bytes.byteLength <= limits.inlineDocumentBytes) {
    const found = versionOfUpdate(bytes);
    return found.ok && equalVersions(found.value, noted);
  }
  const found = await largeLogs.version(bytes);
  // Of what could not be read now nothing is said: its checksum is right.
  return !found.ok || (found.value !== null && equalBytes(found.value, base.bytes));
}

function belongs(part: PartRecord | undefined, head: HeadRecord): boolean {
  return part === undefined || (part.life === head.life && part.sequence === head.baseSequence);
}

function versionOf(base: PartRecord): Version | undefined {
  const decoded = decodeVersion(base.bytes);
  return decoded.ok ? decoded.value : undefined;
}

/** The version in memory, where it is that of just these records. */
function versionKnown(head: HeadRecord, known: DocumentState | undefined): Version | undefined {
  if (known === undefined || isEnded(head) || phaseOf(known) !== 'live' || known.life !== head.life)
    return undefined;
  const isSame = known.baseSequence === head.baseSequence && known.tailSequence === head.tailSequence;
  return isSame ? known.version : undefined;
}

async function replay(
  start: Version,
  tail: readonly PartRecord[],
  { nextTurn }: Pace,
): Promise<Version | undefined> {
  let version = start;
  const turns = new Turns(nextTurn);
  for (const { bytes } of tail) {
    if (turns.isOver) await turns.next();
    turns.add(bytes.byteLength);
    const admission = admitUpdate(bytes, version, Number.POSITIVE_INFINITY);
    if (!admission.ok) return undefined;
    if (admission.value.kind === 'novel') version = admission.value.version;
  }
  return version;
}

/** Divides work on a long log into turns of the event loop. */
class Turns {
  readonly #nextTurn: () => Promise<void>;
  #bytes = 0;

  constructor(nextTurn: () => Promise<void>) {
    this.#nextTurn = nextTurn;
  }

  get isOver(): boolean {
    return this.#bytes > turnBytes;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  async next(): Promise<void> {
    this.#bytes = 0;
    await this.#nextTurn();
  }
}

/** Bytes of log that are replayed before others have their turn: some milliseconds, at 100 ns for each of the smallest structs. */
const turnBytes = 131_072;
/** To look at a checksum takes as long as to replay so many bytes, and a 32nd of its own. */
const recordBytes = 64;

/** Undefined where a part builds on what is not there. What is stored may have more structs than what is sent. */
function extended(version: Version, { bytes }: PartRecord): Version | undefined {
  const admission = admitUpdate(bytes, version, Number.POSITIVE_INFINITY);
  if (!admission.ok) return undefined;
  return admission.value.kind === 'novel' ? admission.value.version : version;
}

function damaged(reason: QuarantineReason, parts: Parts): LoadedDocument {
  const { head, base, snapshot, tail } = parts;
  const contents = snapshot === undefined ? tail : [snapshot, ...tail];
  let life = head?.life ?? 0;
  let tailSequence = head?.tailSequence ?? 0;
  for (const part of base === undefined ? contents : [base, ...contents]) {
    life = Math.max(life, part.life);
    tailSequence = Math.max(tailSequence, part.sequence);
  }
  // A part of a life is written with a head of it: those of lives before are remains.
  const present = contents.filter((part) => part.life === life);
  let known = (base?.life === life ? versionOf(base) : undefined) ?? emptyVersion;
  for (const part of present) known = extended(known, part) ?? known;
  return {
    kind: 'damaged',
    reason,
    head,
    life,
    readable: present.map((part) => part.bytes),
    known,
    isAllKnown: isAllThere(parts),
    tailSequence,
  };
}

/** Whether all can be read from which the version follows. */
function isAllThere({ head, base, tail }: Parts): boolean {
  if (head === undefined || isEnded(head)) return false;
  const { life, baseSequence, tailSequence } = head;
  if (head.snapshotBytes > 0 !== (base !== undefined) || !belongs(base, head)) return false;
  const follows = tail.every((part, at) => part.life === life && part.sequence === baseSequence + at + 1);
  if (!follows || tailSequence !== baseSequence + tail.length) return false;
  const start = base === undefined ? emptyVersion : versionOf(base);
  let version = start;
  for (const part of tail) version = version && extended(version, part);
  return version !== undefined;
}
