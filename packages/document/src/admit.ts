import { err, limits, ok, type Result, taggedError } from '@hearsay/core';
import { type Run, visitCausally } from './causality.ts';
import { contentKind } from './content.ts';
import { append, type DeleteRange, type Ranges, unionRanges } from './delete-ranges.ts';
import { DeletedClocks } from './deleted-clocks.ts';
import { withEntries } from './shared-map.ts';
import { malformed, missing, overLimit, type UpdateError, UpdateFailure } from './strict-reader.ts';
import { absent, StructReader } from './struct-reader.ts';
import { sliceStruct } from './struct-slice.ts';
import { type Section, writeUpdate } from './update-writer.ts';
import { emptyVersion, type Version } from './version.ts';

/** What an update means to a replica. */
export type Admission =
  | {
      /** Nothing new in it. */
      readonly kind: 'known';
    }
  | {
      readonly kind: 'novel';
      /** Only what was lacking, as a strict v1 update; the very bytes passed in when all of it was. */
      readonly update: Uint8Array;
      /** What was known and the update. */
      readonly version: Version;
      /** Clients of which it has new structs, each once. */
      readonly writers: readonly number[];
    };

/**
 * Decides about an update before it is stored: refuses what is malformed, over a limit, or depends on something not
 * known; else gives what is new in it. Applying an admitted update to a document of version `known` never throws and
 * leaves nothing pending. Builds no Yjs object; linear in the update. What is stored already may have more structs than
 * what somebody sends: `maxStructs`.
 */
export function admitUpdate(
  update: Uint8Array,
  known: Version,
  maxStructs: number = limits.structsPerUpdate,
): Result<Admission, UpdateError> {
  return guard(() => {
    const survey = surveyUpdate(update, known);
    if (survey.structs > maxStructs) overLimit(`more than ${maxStructs} structs`);
    if (survey.runs.length === 0 && survey.deletes.size === 0) return { kind: 'known' };
    return {
      kind: 'novel',
      update: survey.whole
        ? update
        : writeUpdate(
            survey.runs.map((run) => toSection(update, run)),
            survey.deletes,
          ),
      version: extendVersion(known, survey),
      writers: survey.runs.map(({ client }) => client),
    };
  });
}

/** Version of a causally closed update. */
export function versionOfUpdate(update: Uint8Array): Result<Version, UpdateError> {
  return guard(() => extendVersion(emptyVersion, surveyUpdate(update, emptyVersion)));
}

/** What of one client is new in an update. */
interface NovelRun extends Run {
  /** Clock and offset of the first struct that is not known whole, and the clock from which it is new. */
  readonly firstClock: number;
  readonly firstStart: number;
  readonly from: number;
  /** Offset after the last struct. */
  bytesEnd: number;
  end: number;
  count: number;
  readonly waits: number[];
  /** Clocks that are deleted by being GC or deleted content. */
  readonly collected: DeleteRange[];
}

interface Survey {
  readonly runs: readonly NovelRun[];
  readonly deletes: ReadonlyMap<number, Ranges>;
  /** Whether all of the update is new. */
  readonly whole: boolean;
  readonly structs: number;
}

function guard<T>(run: () => T): Result<T, UpdateError> {
  try {
    return ok(run());
  } catch (error) {
    if (!(error instanceof UpdateFailure)) throw error;
    return err(taggedError(error.code, error.message, error.code === 'UPDATE_MISSING_DEPENDENCIES'));
  }
}

function surveyUpdate(update: Uint8Array, known: Version): Survey {
  const reader = new StructReader(update);
  const runs: NovelRun[] = [];
  let whole = true;
  let structs = 0;
  let mustResolve = false;
  const sections = reader.clientCount();
  const seen = sections > 1 ? new Set<number>() : undefined;
  for (let i = 0; i < sections; i++) {
    reader.openClient();
    if (seen?.has(reader.client)) malformed('a client twice');
    seen?.add(reader.client);
    structs += reader.structCount;
    const run = surveySection(reader, known);
    if (run !== undefined) {
      runs.push(run);
      mustResolve ||= run.waits.length > 0;
    }
    whole &&= run !== undefined && run.count === reader.structCount && run.from === run.firstClock;
  }
  if (mustResolve) visitCausally(runs);
  const deletes = surveyDeletes(reader, known, runs);
  reader.finish();
  return { runs, deletes: deletes.novel, whole: whole && deletes.whole, structs };
}

function surveySection(reader: StructReader, known: Version): NovelRun | undefined {
  const { client, structCount } = reader;
  const from = known.stateVector.get(client) ?? 0;
  let run: NovelRun | undefined;
  for (let i = 0; i < structCount; i++) {
    reader.next();
    const { clock, length, kind } = reader;
    if (kind === contentKind.skip) {
      // Y.mergeUpdates writes these over gaps. Before the new structs they cover what is known and are dropped.
      if (i === structCount - 1) malformed('a skip at the end');
      continue;
    }
    const end = clock + length;
    if (end <= from) continue;
    if (clock > (run?.end ?? from)) missing(`no (${client}, ${clock - 1})`);
    if (run === undefined) {
      run = {
        client,
        from,
        firstClock: clock,
        firstStart: reader.start,
        bytesEnd: reader.end,
        end,
        count: 1,
        waits: [],
        collected: [],
      };
    } else {
      run.bytesEnd = reader.end;
      run.end = end;
      run.count++;
    }
    if (kind === contentKind.gc || kind === contentKind.deleted)
      append(run.collected, Math.max(clock, from), end);
    if (reader.originClient !== absent) depend(run, reader, known, reader.originClient, reader.originClock);
    if (reader.rightClient !== absent) depend(run, reader, known, reader.rightClient, reader.rightClock);
    if (reader.parentClient !== absent) depend(run, reader, known, reader.parentClient, reader.parentClock);
  }
  return run;
}

function depend(run: NovelRun, reader: StructReader, known: Version, client: number, clock: number): void {
  if (client === run.client) {
    if (clock >= reader.clock) malformed('a struct that refers to itself or to a later one');
  } else if (clock >= (known.stateVector.get(client) ?? 0)) {
    run.waits.push(reader.clock, client, clock);
  }
}

function surveyDeletes(
  reader: StructReader,
  known: Version,
  runs: readonly NovelRun[],
): { readonly novel: ReadonlyMap<number, Ranges>; readonly whole: boolean } {
  const novel = new Map<number, Ranges>();
  let whole = true;
  const sections = reader.clientCount();
  if (sections === 0) return { novel, whole };
  const seen = new Set<number>();
  const ends = new Map<number, number>();
  for (const run of runs) ends.set(run.client, run.end);
  for (let i = 0; i < sections; i++) {
    reader.openDeletes();
    const { client } = reader;
    if (seen.has(client)) malformed('a client twice');
    seen.add(client);
    const ranges = reader.deletes();
    const last = ranges[ranges.length - 1] as DeleteRange;
    const end = last.clock + last.length;
    if (end > (ends.get(client) ?? known.stateVector.get(client) ?? 0)) missing(`no (${client}, ${end - 1})`);
    const rest = known.deleteSet.get(client)?.lacking(ranges) ?? ranges;
    if (rest.length > 0) novel.set(client, rest);
    whole &&= sameRanges(rest, ranges);
  }
  return { novel, whole };
}

/** Whether subtracting took nothing away: it keeps whole ranges as they are. */
function sameRanges(rest: readonly DeleteRange[], ranges: readonly DeleteRange[]): boolean {
  return (
    rest === ranges ||
    (rest.length === ranges.length && rest.every((range, i) => range.length === ranges[i]?.length))
  );
}

function extendVersion(known: Version, survey: Survey): Version {
  const stateVector = withEntries(
    known.stateVector,
    survey.runs.map((run) => [run.client, run.end] as const),
  );
  if (stateVector.size > limits.clientsPerDocument)
    overLimit(`more than ${limits.clientsPerDocument} clients`);
  const deleted = new Map(survey.deletes);
  for (const { client, collected } of survey.runs) {
    if (collected.length > 0) deleted.set(client, unionRanges(deleted.get(client) ?? [], collected));
  }
  const entries: [number, DeletedClocks][] = [];
  for (const [client, ranges] of deleted) {
    entries.push([client, known.deleteSet.get(client)?.with(ranges) ?? DeletedClocks.of(ranges)]);
  }
  return { stateVector, deleteSet: withEntries(known.deleteSet, entries) };
}

function toSection(update: Uint8Array, run: NovelRun): Section {
  const rest = update.subarray(run.firstStart, run.bytesEnd);
  if (run.firstClock === run.from) {
    return { client: run.client, clock: run.from, count: run.count, parts: [rest] };
  }
  const sliced = sliceStruct(update, run.firstStart, run.client, run.firstClock, run.from - run.firstClock);
  return {
    client: run.client,
    clock: run.from,
    count: run.count,
    parts: [sliced.bytes, update.subarray(sliced.end, run.bytesEnd)],
  };
}
