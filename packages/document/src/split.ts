import { limits } from '@hearsay/core';
import { type Run, visitCausally } from './causality.ts';
import { contentKind } from './content.ts';
import type { DeleteRange, Ranges } from './delete-ranges.ts';
import { absent, StructReader } from './struct-reader.ts';
import { divideStruct } from './struct-slice.ts';
import { emptyUpdate, type Section, writeUpdate } from './update-writer.ts';

/**
 * Cuts an update for Yjs clients, who apply each piece in a transaction of its own. After a transaction that came from
 * elsewhere, Yjs deletes format marks that seem superfluous, for everybody; half of an edit makes marks seem so that are
 * not. What brings format marks therefore stays whole, however large. Edits are safe to separate where they were made
 * apart: cut a log between its updates first.
 */
export function splitUpdateForClients(update: Uint8Array, maxBytes: number): Uint8Array[] {
  return update.byteLength > maxBytes && hasFormats(update) ? [update] : cut(update, maxBytes, false);
}

/**
 * Cuts an update into pieces of at most `maxBytes`, in causal order: each is admissible wherever the update was and
 * the pieces before it have arrived. Deletes come with what they delete, so that the state vector of whoever takes the pieces
 * tells how far it is; those of what is not in the update come last. A piece is larger only where one value alone is. For
 * stores; clients need {@link splitUpdateForClients}.
 */
export function splitUpdate(update: Uint8Array, maxBytes: number): Uint8Array[] {
  return cut(update, maxBytes, true);
}

/** Clients get all deletes last. */
function cut(update: Uint8Array, maxBytes: number, deletesWithin: boolean): Uint8Array[] {
  // No struct takes less than two bytes.
  if (update.byteLength <= Math.min(maxBytes, 2 * limits.structsPerUpdate)) return [update];
  const { runs, deleteSet } = readRuns(update);
  const pieces = new PieceWriter(maxBytes);
  const byClient = new Map(runs.map((run) => [run.client, run]));
  const deletes = new Map([...deleteSet].map(([client, ranges]) => [client, { ranges, written: 0 }]));
  visitCausally(runs, (client, clock) => {
    const run = byClient.get(client);
    if (run === undefined) return;
    const deleted = deletesWithin ? deletes.get(client) : undefined;
    writeRun(pieces, update, run, clock, maxBytes, deleted);
  });
  for (const client of [...deletes.keys()].sort((a, b) => b - a)) {
    const deleted = deletes.get(client);
    if (deleted !== undefined) writeDeletes(pieces, client, deleted, Number.POSITIVE_INFINITY);
  }
  return pieces.finish();
}

function hasFormats(update: Uint8Array): boolean {
  const reader = new StructReader(update);
  for (let clients = reader.clientCount(); clients > 0; clients--) {
    reader.openClient();
    for (let structs = reader.structCount; structs > 0; structs--) {
      reader.next();
      if (reader.kind === contentKind.format) return true;
    }
  }
  return false;
}

/** Where the structs of one client begin, and how far they have been written. */
interface ReadRun extends Run {
  readonly clocks: number[];
  readonly starts: number[];
  bytesEnd: number;
  end: number;
  readonly waits: number[];
  written: number;
}

function readRuns(update: Uint8Array): {
  readonly runs: readonly ReadRun[];
  readonly deleteSet: ReadonlyMap<number, Ranges>;
} {
  const reader = new StructReader(update);
  const runs: ReadRun[] = [];
  for (let rest = reader.clientCount(); rest > 0; rest--) runs.push(readRun(reader));
  const deleteSet = new Map<number, Ranges>();
  for (let rest = reader.clientCount(); rest > 0; rest--) {
    reader.openDeletes();
    deleteSet.set(reader.client, reader.deletes());
  }
  // Waits for what is not in the update are for what its receiver knows.
  const ranges = new Map(runs.map((run) => [run.client, { from: run.clocks[0] ?? 0, end: run.end }]));
  const isWithin = (client: number, clock: number): boolean => {
    const range = ranges.get(client);
    return range !== undefined && clock >= range.from && clock < range.end;
  };
  return { runs: runs.map((run) => ({ ...run, waits: keepWaits(run.waits, isWithin) })), deleteSet };
}

function readRun(reader: StructReader): ReadRun {
  reader.openClient();
  const run: ReadRun = {
    client: reader.client,
    clocks: [],
    starts: [],
    bytesEnd: 0,
    end: 0,
    waits: [],
    written: 0,
  };
  const wait = (client: number, clock: number): void => {
    if (client !== absent && client !== run.client) run.waits.push(reader.clock, client, clock);
  };
  for (let rest = reader.structCount; rest > 0; rest--) {
    reader.next();
    if (reader.kind === contentKind.skip) throw new RangeError('an update with a gap');
    run.clocks.push(reader.clock);
    run.starts.push(reader.start);
    wait(reader.originClient, reader.originClock);
    wait(reader.rightClient, reader.rightClock);
    wait(reader.parentClient, reader.parentClock);
  }
  run.end = reader.clock + reader.length;
  run.bytesEnd = reader.end;
  return run;
}

function keepWaits(waits: readonly number[], isWithin: (client: number, clock: number) => boolean): number[] {
  const kept: number[] = [];
  for (let i = 0; i < waits.length; i += 3) {
    const [own, client, clock] = waits.slice(i, i + 3) as [number, number, number];
    if (isWithin(client, clock)) kept.push(own, client, clock);
  }
  return kept;
}

function writeRun(
  pieces: PieceWriter,
  update: Uint8Array,
  run: ReadRun,
  until: number,
  maxBytes: number,
  deleted: Deletes | undefined,
): void {
  for (; (run.clocks[run.written] ?? run.end) < until; run.written++) {
    const clock = run.clocks[run.written] as number;
    const start = run.starts[run.written] as number;
    const bytes = update.subarray(start, run.starts[run.written + 1] ?? run.bytesEnd);
    if (bytes.byteLength + overhead <= maxBytes) pieces.struct(run.client, clock, bytes);
    else {
      for (const part of divideStruct(update, start, run.client, clock, maxBytes - overhead)) {
        pieces.struct(run.client, part.clock, part.bytes);
      }
    }
    if (deleted !== undefined) {
      writeDeletes(pieces, run.client, deleted, run.clocks[run.written + 1] ?? run.end);
    }
  }
}

/** Ranges of one client, and how many have been written. */
interface Deletes {
  readonly ranges: Ranges;
  written: number;
}

/** Writes those that end up to a clock: all that they delete is there. */
function writeDeletes(pieces: PieceWriter, client: number, deleted: Deletes, until: number): void {
  for (; deleted.written < deleted.ranges.length; deleted.written++) {
    const range = deleted.ranges[deleted.written] as DeleteRange;
    if (range.clock + range.length > until) return;
    pieces.delete(client, range);
  }
}

/** Bytes of a piece around its first struct: four counts, client and clock. */
const overhead = 24;
/** Bytes of one more client in a piece. */
const sectionOverhead = 16;
/** Most bytes of one deleted range. */
const rangeBytes = 14;

interface OpenSection extends Section {
  count: number;
  readonly parts: Uint8Array[];
}

class PieceWriter {
  readonly #maxBytes: number;
  readonly #pieces: Uint8Array[] = [];
  #sections = new Map<number, OpenSection>();
  #deletes = new Map<number, DeleteRange[]>();
  #bytes = overhead;
  #structs = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  struct(client: number, clock: number, bytes: Uint8Array): void {
    const opening = this.#sections.size === 0 || this.#sections.has(client) ? 0 : sectionOverhead;
    const isFull = this.#bytes + opening + bytes.byteLength > this.#maxBytes;
    if (isFull || this.#structs >= limits.structsPerUpdate) this.#close();
    let section = this.#sections.get(client);
    if (section === undefined) {
      section = { client, clock, count: 0, parts: [] };
      this.#sections.set(client, section);
      if (this.#sections.size > 1) this.#bytes += sectionOverhead;
    }
    section.count++;
    section.parts.push(bytes);
    this.#structs++;
    this.#bytes += bytes.byteLength;
  }

  delete(client: number, range: DeleteRange): void {
    if (this.#bytes + sectionOverhead + rangeBytes > this.#maxBytes) this.#close();
    let ranges = this.#deletes.get(client);
    if (ranges === undefined) {
      ranges = [];
      this.#deletes.set(client, ranges);
      this.#bytes += sectionOverhead;
    }
    ranges.push(range);
    this.#bytes += rangeBytes;
  }

  finish(): Uint8Array[] {
    this.#close();
    return this.#pieces.length === 0 ? [emptyUpdate] : this.#pieces;
  }

  #close(): void {
    if (this.#structs === 0 && this.#deletes.size === 0) return;
    this.#pieces.push(writeUpdate([...this.#sections.values()], this.#deletes));
    this.#sections = new Map();
    this.#deletes = new Map();
    this.#bytes = overhead;
    this.#structs = 0;
  }
}
