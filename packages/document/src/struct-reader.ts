import { limits } from '@hearsay/core';
import { contentKind, readContent } from './content.ts';
import { append, type DeleteRange } from './delete-ranges.ts';
import { malformed, overLimit, StrictReader } from './strict-reader.ts';

/** Marks a dependency that a struct does not have. */
export const absent = -1;

const hasOrigin = 0x80;
const hasRightOrigin = 0x40;
const hasKey = 0x20;
const kindBits = 0x1f;

/**
 * Walks an update (format v1) struct by struct, then through its delete set, straight over the bytes: no object is
 * made for a struct, its properties are the reader's own until the next one is read. Refuses everything that Yjs
 * does not write; what a struct refers to is left to the caller.
 *
 * Order of calls: {@link clientCount}; for each client {@link openClient}, then {@link next} `structCount` times;
 * {@link clientCount} again for the delete set; for each client {@link openDeletes}, then {@link deletes};
 * {@link finish}.
 */
export class StructReader {
  readonly #reader: StrictReader;

  /** Of the section that is open. */
  client = 0;
  structCount = 0;
  #rangeCount = 0;

  /** Of the struct that was read last; `start` and `end` are offsets in the update. */
  clock = 0;
  length = 0;
  kind = 0;
  info = 0;
  start = 0;
  contentStart = 0;
  end = 0;
  originClient: number = absent;
  originClock: number = absent;
  rightClient: number = absent;
  rightClock: number = absent;
  /** Set when the parent is a shared type inside the document; a root type is known by name. */
  parentClient: number = absent;
  parentClock: number = absent;

  constructor(update: Uint8Array) {
    this.#reader = new StrictReader(update);
  }

  clientCount(): number {
    const count = this.#reader.varUint();
    if (count > limits.clientsPerDocument) overLimit(`more than ${limits.clientsPerDocument} clients`);
    return count;
  }

  openClient(): void {
    const reader = this.#reader;
    this.structCount = reader.varUint();
    if (this.structCount === 0) malformed('a client without structs');
    this.client = this.#client();
    this.clock = this.#clock();
    this.length = 0;
  }

  /** Goes back to a struct that was read before, for {@link next}. */
  seek(client: number, clock: number, start: number): void {
    this.client = client;
    this.clock = clock;
    this.length = 0;
    this.#reader.offset = start;
  }

  /** Reads the struct after the last one of the open section. */
  next(): void {
    const reader = this.#reader;
    this.clock += this.length;
    this.start = reader.offset;
    const info = reader.byte();
    const kind = info & kindBits;
    this.info = info;
    this.kind = kind;
    this.originClient = absent;
    this.rightClient = absent;
    this.parentClient = absent;
    if (kind === contentKind.gc || kind === contentKind.skip) {
      if (info !== kind) malformed('unknown struct');
      this.contentStart = reader.offset;
      this.length = reader.varUint();
    } else {
      if ((info & hasOrigin) !== 0) {
        this.originClient = this.#client();
        this.originClock = this.#clock();
      }
      if ((info & hasRightOrigin) !== 0) {
        this.rightClient = this.#client();
        this.rightClock = this.#clock();
      }
      if (
        this.originClient === this.rightClient &&
        this.originClock === this.rightClock &&
        this.originClient !== absent
      ) {
        malformed('a struct with one neighbour on both sides');
      }
      if ((info & (hasOrigin | hasRightOrigin)) === 0) {
        this.#parent();
        if ((info & hasKey) !== 0) reader.key();
      }
      this.contentStart = reader.offset;
      this.length = readContent(reader, kind);
    }
    if (this.length === 0) malformed('a struct without length');
    if (this.clock + this.length > limits.clock) overLimit(`a clock above ${limits.clock}`);
    this.end = reader.offset;
  }

  openDeletes(): void {
    this.client = this.#client();
    this.#rangeCount = this.#reader.varUint();
    if (this.#rangeCount === 0) malformed('a client without deletes');
  }

  /** Reads the deletes of the open client. Yjs writes them ascending and disjoint. */
  deletes(): readonly DeleteRange[] {
    const ranges: DeleteRange[] = [];
    let before = 0;
    for (let rest = this.#rangeCount; rest > 0; rest--) {
      const clock = this.#clock();
      const length = this.#reader.varUint();
      if (length === 0) malformed('a deleted range without length');
      if (clock < before) malformed('deleted ranges out of order');
      before = clock + length;
      if (before > limits.clock) overLimit(`a clock above ${limits.clock}`);
      append(ranges, clock, before);
    }
    return ranges;
  }

  finish(): void {
    this.#reader.end();
  }

  #client(): number {
    const client = this.#reader.varUint();
    if (client > limits.clientId) overLimit(`a client id above ${limits.clientId}`);
    return client;
  }

  #clock(): number {
    const clock = this.#reader.varUint();
    if (clock > limits.clock) overLimit(`a clock above ${limits.clock}`);
    return clock;
  }

  #parent(): void {
    const named = this.#reader.varUint();
    if (named > 1) malformed('unknown kind of parent');
    if (named === 1) {
      this.#reader.key();
    } else {
      this.parentClient = this.#client();
      this.parentClock = this.#clock();
    }
  }
}
