import { contentKind } from './content.ts';
import { type DeleteRange, normalizeRanges, type Ranges } from './delete-ranges.ts';
import { StructJoiner } from './struct-joiner.ts';
import { StructReader } from './struct-reader.ts';
import { emptyUpdate, type Section, writeUpdate } from './update-writer.ts';

/**
 * One update that says what all of them say, in any order and however they overlap. Texts and lists typed in many
 * pieces come out in one where that means the same. Gaps become skips, as in `Y.mergeUpdates`, which is quadratic in the
 * number of updates where this is linear (plus sorting what is out of order). Throws on bytes that were never admitted.
 */
export function mergeUpdates(updates: readonly Uint8Array[]): Uint8Array {
  if (updates.length < 2) return updates[0] ?? emptyUpdate;
  const clients = new Map<number, ClientMerge>();
  const deletes = new Map<number, DeleteRange[]>();
  for (const update of updates) {
    const reader = new StructReader(update);
    readStructs(reader, update, clients);
    readDeletes(reader, deletes);
    reader.finish();
  }
  const sections = [...clients.values()].map((client) => client.finish());
  const deleteSet = new Map<number, Ranges>();
  for (const [client, ranges] of deletes) deleteSet.set(client, normalizeRanges(ranges));
  return writeUpdate(sections, deleteSet);
}

function readStructs(reader: StructReader, update: Uint8Array, clients: Map<number, ClientMerge>): void {
  for (let rest = reader.clientCount(); rest > 0; rest--) {
    reader.openClient();
    let merge = clients.get(reader.client);
    if (merge === undefined) {
      merge = new ClientMerge(reader.client, reader.clock);
      clients.set(reader.client, merge);
    }
    merge.open();
    for (let structs = reader.structCount; structs > 0; structs--) {
      reader.next();
      if (reader.kind === contentKind.skip) merge.open();
      else merge.add(update, reader);
    }
  }
}

function readDeletes(reader: StructReader, deletes: Map<number, DeleteRange[]>): void {
  for (let rest = reader.clientCount(); rest > 0; rest--) {
    reader.openDeletes();
    const known = deletes.get(reader.client);
    const ranges = reader.deletes();
    if (known === undefined) deletes.set(reader.client, [...ranges]);
    else for (const range of ranges) known.push(range);
  }
}

/** Structs of one client that follow each other in one update. */
interface Fragment {
  readonly update: Uint8Array;
  readonly start: number;
  readonly clock: number;
  end: number;
  count: number;
}

/**
 * The structs of one client. As long as they come in order, as a log has them, they are written as they are read;
 * once something comes before its time, all that came is sorted and read again at the end.
 */
class ClientMerge {
  readonly #client: number;
  readonly #fragments: Fragment[] = [];
  #fragment: Fragment | undefined;
  #writer: RunWriter;
  #isOrdered = true;

  constructor(client: number, clock: number) {
    this.#client = client;
    this.#writer = new RunWriter(client, clock);
  }

  /** What is added next does not follow what was added last. */
  open(): void {
    this.#fragment = undefined;
  }

  add(update: Uint8Array, reader: StructReader): void {
    const { clock, start } = reader;
    const end = clock + reader.length;
    if (this.#fragment === undefined) {
      this.#fragment = { update, start, clock, end, count: 1 };
      this.#fragments.push(this.#fragment);
      this.#isOrdered &&= clock >= this.#writer.first && clock <= this.#writer.covered;
    } else {
      this.#fragment.end = end;
      this.#fragment.count++;
    }
    if (this.#isOrdered) this.#writer.add(update, reader);
  }

  finish(): Section {
    return this.#isOrdered ? this.#writer.finish() : this.#sorted().finish();
  }

  #sorted(): RunWriter {
    // Of those that begin together the longest first: the others need not be cut then.
    const fragments = this.#fragments.sort((a, b) => a.clock - b.clock || b.end - a.end);
    const writer = new RunWriter(this.#client, fragments[0]?.clock ?? 0);
    for (const fragment of fragments) {
      if (fragment.end <= writer.covered) continue;
      if (fragment.clock > writer.covered) writer.skipTo(fragment.clock);
      const reader = new StructReader(fragment.update);
      reader.seek(this.#client, fragment.clock, fragment.start);
      for (let rest = fragment.count; rest > 0; rest--) {
        reader.next();
        writer.add(fragment.update, reader);
      }
    }
    return writer;
  }
}

/** Writes structs in order of clock, leaving out what is written already. */
class RunWriter {
  readonly first: number;
  /** Next clock to be written. */
  covered: number;
  readonly #client: number;
  readonly #joiner: StructJoiner;

  constructor(client: number, first: number) {
    this.first = first;
    this.covered = first;
    this.#client = client;
    this.#joiner = new StructJoiner(client);
  }

  add(update: Uint8Array, reader: StructReader): void {
    const end = reader.clock + reader.length;
    if (end <= this.covered) return;
    this.#joiner.add(update, reader, Math.max(this.covered, reader.clock));
    this.covered = end;
  }

  skipTo(clock: number): void {
    this.#joiner.gap(clock - this.covered);
    this.covered = clock;
  }

  finish(): Section {
    const { parts, count } = this.#joiner.finish();
    return { client: this.#client, clock: this.first, count, parts };
  }
}
