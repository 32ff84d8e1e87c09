import { contentKind } from './content.ts';
import { append, type DeleteRange, type Ranges, unionRanges } from './delete-ranges.ts';
import { StructReader } from './struct-reader.ts';
import { sliceStruct } from './struct-slice.ts';
import { type Section, writeUpdate } from './update-writer.ts';
import type { StateVector, Version } from './version.ts';

/**
 * Exactly what `state`, one causally closed update, has over the version `theirs`: structs, and only the deletes that
 * are not in it; null when that is nothing.
 */
export function updateSince(state: Uint8Array, theirs: Version): Uint8Array | null {
  const { sections, deleteSet } = readSince(state, theirs.stateVector);
  const deletes = new Map<number, Ranges>();
  for (const [client, ranges] of deleteSet) {
    const rest = theirs.deleteSet.get(client)?.lacking(ranges) ?? ranges;
    if (rest.length > 0) deletes.set(client, rest);
  }
  return sections.length === 0 && deletes.size === 0 ? null : writeUpdate(sections, deletes);
}

/**
 * What a stock client is sent in sync step 2: the structs after its state vector, and all deletes, since a state
 * vector does not say which of them it has.
 */
export function updateForStateVector(state: Uint8Array, theirs: StateVector): Uint8Array {
  const { sections, deleteSet } = readSince(state, theirs);
  return writeUpdate(sections, deleteSet);
}

/** Structs of `state` from the clocks in `from` on. */
export function sectionsSince(state: Uint8Array, from: StateVector): readonly Section[] {
  const reader = new StructReader(state);
  const sections: Section[] = [];
  for (let rest = reader.clientCount(); rest > 0; rest--) {
    const section = readSection(reader, state, from, undefined);
    if (section !== undefined) sections.push(section);
  }
  return sections;
}

function readSince(
  state: Uint8Array,
  from: StateVector,
): { readonly sections: readonly Section[]; readonly deleteSet: ReadonlyMap<number, Ranges> } {
  const reader = new StructReader(state);
  const sections: Section[] = [];
  const deleteSet = new Map<number, Ranges>();
  for (let rest = reader.clientCount(); rest > 0; rest--) {
    const collected: DeleteRange[] = [];
    const section = readSection(reader, state, from, collected);
    if (section !== undefined) sections.push(section);
    if (collected.length > 0) deleteSet.set(reader.client, collected);
  }
  for (let rest = reader.clientCount(); rest > 0; rest--) {
    reader.openDeletes();
    deleteSet.set(reader.client, unionRanges(deleteSet.get(reader.client) ?? [], reader.deletes()));
  }
  reader.finish();
  return { sections, deleteSet };
}

function readSection(
  reader: StructReader,
  state: Uint8Array,
  since: StateVector,
  collected: DeleteRange[] | undefined,
): Section | undefined {
  reader.openClient();
  const { client, structCount } = reader;
  const from = since.get(client) ?? 0;
  let first: { clock: number; start: number } | undefined;
  let count = 0;
  for (let i = structCount; i > 0; i--) {
    reader.next();
    const end = reader.clock + reader.length;
    if (collected !== undefined && (reader.kind === contentKind.gc || reader.kind === contentKind.deleted)) {
      append(collected, reader.clock, end);
    }
    if (end <= from) continue;
    if (reader.kind === contentKind.skip) throw new RangeError('a state with a gap');
    first ??= { clock: reader.clock, start: reader.start };
    count++;
  }
  if (first === undefined) return undefined;
  const bytesEnd = reader.end;
  if (first.clock >= from) {
    return { client, clock: first.clock, count, parts: [state.subarray(first.start, bytesEnd)] };
  }
  const sliced = sliceStruct(state, first.start, client, first.clock, from - first.clock);
  return { client, clock: from, count, parts: [sliced.bytes, state.subarray(sliced.end, bytesEnd)] };
}
