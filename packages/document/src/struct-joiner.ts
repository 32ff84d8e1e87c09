import { ByteWriter } from '@hearsay/core';
import { contentKind } from './content.ts';
import { absent, StructReader } from './struct-reader.ts';
import { sliceStruct } from './struct-slice.ts';

/** Kinds whose content can be appended to, as `mergeWith` of Yjs's content classes has it. */
const joinable: ReadonlySet<number> = new Set([
  contentKind.gc,
  contentKind.deleted,
  contentKind.json,
  contentKind.string,
  contentKind.any,
]);

const keyBit = 0x20;

/**
 * Collects structs of one client in order of clock, copying untouched stretches whole and joining a struct to the one
 * before where Yjs would write them as one: the same kind, right behind it, the same right origin. Entries of maps are
 * never joined: each deletes the one before it.
 */
export class StructJoiner {
  readonly #client: number;
  readonly #parts: Uint8Array[] = [];
  #count = 0;
  /** The stretch that has not been copied yet. */
  #source: Uint8Array | undefined;
  #from = 0;
  #to = 0;
  /** The last struct of the stretch: what the next one may be joined to. */
  #kind: number = absent;
  #start = 0;
  #contentStart = 0;
  #lastClock = 0;
  #length = 0;
  #rightClient: number = absent;
  #rightClock: number = absent;
  #joined: JoinedContent | undefined;

  constructor(client: number) {
    this.#client = client;
  }

  /** Adds the struct that `reader` stands at, from `clock` on. */
  add(source: Uint8Array, reader: StructReader, clock: number): void {
    if (clock > reader.clock) {
      const { bytes } = sliceStruct(source, reader.start, this.#client, reader.clock, clock - reader.clock);
      const rest = new StructReader(bytes);
      rest.seek(this.#client, clock, 0);
      rest.next();
      this.add(bytes, rest, clock);
      return;
    }
    if (this.#continues(reader)) this.#join(source, reader);
    else this.#append(source, reader);
    this.#lastClock = reader.clock + reader.length - 1;
  }

  gap(length: number): void {
    this.#flush();
    this.#parts.push(new ByteWriter(10).byte(contentKind.skip).varUint(length).finish());
    this.#count++;
    this.#kind = absent;
  }

  finish(): { readonly parts: readonly Uint8Array[]; readonly count: number } {
    this.#flush();
    return { parts: this.#parts, count: this.#count };
  }

  #continues(reader: StructReader): boolean {
    if (reader.kind !== this.#kind || !joinable.has(reader.kind)) return false;
    if (reader.kind === contentKind.gc) return true;
    return (
      reader.originClient === this.#client &&
      reader.originClock === this.#lastClock &&
      reader.rightClient === this.#rightClient &&
      (reader.rightClient === absent || reader.rightClock === this.#rightClock)
    );
  }

  #append(source: Uint8Array, reader: StructReader): void {
    if (source !== this.#source || reader.start !== this.#to || this.#joined !== undefined) {
      this.#flush();
      this.#source = source;
      this.#from = reader.start;
    }
    this.#to = reader.end;
    this.#count++;
    // An entry of a map is alone: what comes after it with the same key deletes it.
    this.#kind = (reader.info & keyBit) === 0 ? reader.kind : absent;
    this.#start = reader.start;
    this.#contentStart = reader.contentStart;
    this.#length = reader.length;
    this.#rightClient = reader.rightClient;
    this.#rightClock = reader.rightClock;
  }

  #join(source: Uint8Array, reader: StructReader): void {
    if (this.#joined === undefined) {
      const first = this.#source ?? source;
      const joined = new JoinedContent(this.#kind, first.subarray(this.#start, this.#contentStart));
      joined.add(first, this.#contentStart, this.#to, this.#length);
      this.#to = this.#start;
      this.#flush();
      this.#joined = joined;
    }
    this.#joined.add(source, reader.contentStart, reader.end, reader.length);
  }

  #flush(): void {
    if (this.#joined !== undefined) this.#parts.push(this.#joined.finish());
    if (this.#source !== undefined && this.#from < this.#to) {
      this.#parts.push(this.#source.subarray(this.#from, this.#to));
    }
    this.#joined = undefined;
    this.#source = undefined;
    this.#from = 0;
    this.#to = 0;
  }
}

/** A struct that grows. */
class JoinedContent {
  readonly #kind: number;
  readonly #head: Uint8Array;
  readonly #parts: Uint8Array[] = [];
  #bytes = 0;
  #length = 0;

  constructor(kind: number, head: Uint8Array) {
    this.#kind = kind;
    this.#head = head;
  }

  add(source: Uint8Array, contentStart: number, end: number, length: number): void {
    this.#length += length;
    // Every joinable content begins with one number: bytes of a string, elements of a list, or just the length.
    let start = contentStart;
    while ((source[start] as number) >= 0x80) start++;
    this.#parts.push(source.subarray(start + 1, end));
    this.#bytes += end - start - 1;
  }

  finish(): Uint8Array {
    const writer = new ByteWriter(this.#head.byteLength + this.#bytes + 8);
    writer.bytes(this.#head).varUint(this.#kind === contentKind.string ? this.#bytes : this.#length);
    for (const part of this.#parts) writer.bytes(part);
    return writer.finish();
  }
}
