import { sha256, tuple, utf8Encode } from '@hearsay/core';
import type { DeleteRange, Ranges } from './delete-ranges.ts';

/**
 * Clocks in a window. Larger: fewer hashes in a digest or sketch, more to hash again after an edit and more superfluous
 * deletes sent around a window that differs. At 4096 a document of 260,000 edits has 64 windows, and a window of a real
 * history rarely more than 60 deletes (240 bytes).
 */
export const windowClocks = 4096;

/** Clocks of a window or of several, in which some are deleted or all. */
export type DeleteWindow = MixedWindow | FullWindows;

/** `count` windows from `first` on that are deleted throughout. */
export interface FullWindows {
  readonly first: number;
  readonly count: number;
}

/**
 * One window of which a part is deleted. Many ranges are kept as bytes: two for each instead of forty, which tells where a
 * document has millions.
 */
export class MixedWindow {
  readonly first: number;
  readonly count = 1;
  readonly rangeCount: number;
  readonly #few: Ranges | undefined;
  #encoded: Uint8Array | undefined;
  #hash: Uint8Array | undefined;

  constructor(first: number, ranges: Ranges) {
    this.first = first;
    this.rangeCount = ranges.length;
    if (ranges.length <= fewRanges) this.#few = ranges;
    else this.#encoded = encodeRanges(ranges, first * windowClocks);
  }

  get ranges(): Ranges {
    if (this.#few !== undefined) return this.#few;
    const ranges: DeleteRange[] = [];
    this.visit((clock, end) => ranges.push({ clock, length: end - clock }));
    return ranges;
  }

  /** Bytes on the heap, roughly: a range is an object of 40, or two to four bytes. */
  get heldBytes(): number {
    return 200 + (this.#few === undefined ? 0 : 40 * this.#few.length) + (this.#encoded?.byteLength ?? 0);
  }

  /** Calls `range` with the beginning and end of each range, ascending. */
  visit(range: (clock: number, end: number) => void): void {
    if (this.#few !== undefined) {
      for (const { clock, length } of this.#few) range(clock, clock + length);
      return;
    }
    // Distances and lengths within a window take one byte or two.
    const bytes = this.encoded;
    let end = this.first * windowClocks;
    for (let at = 0; at < bytes.byteLength; ) {
      let clock = bytes[at++] as number;
      if (clock > 0x7f) clock = (clock & 0x7f) | ((bytes[at++] as number) << 7);
      let length = bytes[at++] as number;
      if (length > 0x7f) length = (length & 0x7f) | ((bytes[at++] as number) << 7);
      clock += end;
      end = clock + length;
      range(clock, end);
    }
  }

  /** SHA-256 over {@link encoded}, with a domain; 32 bytes, computed once. */
  get hash(): Uint8Array {
    this.#hash ??= sha256(tuple(domain, this.encoded));
    return this.#hash;
  }

  /** Ranges relative to the window's first clock: pairs of the distance to the end of the one before, and length. */
  get encoded(): Uint8Array {
    this.#encoded ??= encodeRanges(this.ranges, this.first * windowClocks);
    return this.#encoded;
  }
}

/** Ranges up to which objects are kept: ordinary histories have fewer in a window. */
const fewRanges = 64;

/** The clocks of windows that are deleted throughout. */
export function fullWindows({ first, count }: FullWindows): DeleteRange {
  return { clock: first * windowClocks, length: count * windowClocks };
}

/** Cuts ranges at the borders of windows. Long runs of deleted clocks are one entry, however long. */
export function windowsOf(ranges: Ranges): readonly DeleteWindow[] {
  const builder = new WindowBuilder();
  for (const { clock, length } of ranges) builder.add(clock, clock + length);
  return builder.finish();
}

/** Makes windows of ranges that come one by one, ascending, disjoint and never adjacent. */
export class WindowBuilder {
  readonly #windows: DeleteWindow[] = [];
  #first = -1;
  #open: DeleteRange[] = [];

  add(clock: number, end: number): void {
    const nextEdge = Math.ceil(clock / windowClocks) * windowClocks;
    const lastEdge = Math.floor(end / windowClocks) * windowClocks;
    if (nextEdge > lastEdge || (nextEdge === lastEdge && (nextEdge === clock || nextEdge === end))) {
      this.#addWithin(clock, end);
      return;
    }
    if (clock < nextEdge) this.#addWithin(clock, nextEdge);
    if (nextEdge < lastEdge) {
      this.#close();
      this.#windows.push({ first: nextEdge / windowClocks, count: (lastEdge - nextEdge) / windowClocks });
    }
    if (lastEdge < end) this.#addWithin(lastEdge, end);
  }

  finish(): readonly DeleteWindow[] {
    this.#close();
    return this.#windows;
  }

  /** Inside of one window. */
  #addWithin(clock: number, end: number): void {
    const window = Math.floor(clock / windowClocks);
    if (window !== this.#first) this.#close();
    this.#first = window;
    this.#open.push({ clock, length: end - clock });
  }

  #close(): void {
    if (this.#open.length > 0) this.#windows.push(new MixedWindow(this.#first, this.#open));
    this.#open = [];
  }
}

/** Pairs of the distance to the end of the range before (first to `base`) and length, all varUint. */
function encodeRanges(ranges: Ranges, base: number): Uint8Array {
  const bytes = new Uint8Array(ranges.length * 14);
  let size = 0;
  let end = base;
  for (const range of ranges) {
    size = putVarUint(bytes, size, range.clock - end);
    size = putVarUint(bytes, size, range.length);
    end = range.clock + range.length;
  }
  return bytes.slice(0, size);
}

/** All ranges of some windows, encoded as a version has them, from 0, with those joined that a border of windows divides. */
export function encodeWindows(windows: readonly DeleteWindow[]): {
  readonly count: number;
  readonly bytes: Uint8Array;
} {
  let most = 14;
  for (const window of windows) most += window instanceof MixedWindow ? 4 * window.rangeCount + 14 : 14;
  const bytes = new Uint8Array(most);
  let count = 0;
  let size = 0;
  let written = 0;
  let [openClock, openEnd] = [0, 0];
  const flush = (): void => {
    if (openEnd === openClock) return;
    size = putVarUint(bytes, size, openClock - written);
    size = putVarUint(bytes, size, openEnd - openClock);
    written = openEnd;
    count++;
  };
  const add = (clock: number, end: number): void => {
    if (openEnd === clock && openEnd > openClock) {
      openEnd = end;
      return;
    }
    flush();
    [openClock, openEnd] = [clock, end];
  };
  for (const window of windows) {
    if (window instanceof MixedWindow) window.visit(add);
    else add(window.first * windowClocks, (window.first + window.count) * windowClocks);
  }
  flush();
  return { count, bytes: bytes.slice(0, size) };
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

const domain = utf8Encode('hearsay/delete-window/1');
