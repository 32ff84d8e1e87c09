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

/** One window of which a part is deleted. */
export class MixedWindow {
  readonly first: number;
  readonly count = 1;
  readonly ranges: Ranges;
  #encoded: Uint8Array | undefined;
  #hash: Uint8Array | undefined;

  constructor(first: number, ranges: Ranges) {
    this.first = first;
    this.ranges = ranges;
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

/** The clocks of windows that are deleted throughout. */
export function fullWindows({ first, count }: FullWindows): DeleteRange {
  return { clock: first * windowClocks, length: count * windowClocks };
}

/** Cuts ranges at the borders of windows. Long runs of deleted clocks are one entry, however long. */
export function windowsOf(ranges: Ranges): readonly DeleteWindow[] {
  const windows: DeleteWindow[] = [];
  let first = -1;
  let open: DeleteRange[] = [];
  const close = (): void => {
    if (open.length > 0) windows.push(new MixedWindow(first, open));
    open = [];
  };
  const add = (range: DeleteRange): void => {
    const window = Math.floor(range.clock / windowClocks);
    if (window !== first) close();
    first = window;
    open.push(range);
  };
  for (const range of ranges) {
    const end = range.clock + range.length;
    const nextEdge = Math.ceil(range.clock / windowClocks) * windowClocks;
    const lastEdge = Math.floor(end / windowClocks) * windowClocks;
    if (nextEdge > lastEdge || (nextEdge === lastEdge && (nextEdge === range.clock || nextEdge === end))) {
      // Inside of one window.
      add(range);
      continue;
    }
    if (range.clock < nextEdge) add({ clock: range.clock, length: nextEdge - range.clock });
    if (nextEdge < lastEdge) {
      close();
      windows.push({ first: nextEdge / windowClocks, count: (lastEdge - nextEdge) / windowClocks });
    }
    if (lastEdge < end) add({ clock: lastEdge, length: end - lastEdge });
  }
  close();
  return windows;
}

/** Pairs of the distance to the end of the range before (first to `base`) and length, all varUint. */
export function encodeRanges(ranges: Ranges, base: number): Uint8Array {
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
