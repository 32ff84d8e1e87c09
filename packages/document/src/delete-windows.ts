import { ByteWriter, sha256, tuple, utf8Encode } from '@hearsay/core';
import type { Ranges } from './delete-ranges.ts';
import type { DeleteRange } from './version.ts';

/**
 * Clocks in a window. Larger: fewer hashes in a sketch, more superfluous deletes sent around one that differs. At
 * 4096 a document of 260,000 edits has 64 windows, and a window rarely more than 60 deletes (240 bytes).
 */
export const windowClocks = 4096;

/** Windows in which anything is deleted, ascending. Long runs of deleted clocks are one entry, however long. */
export type DeleteWindow =
  | {
      readonly kind: 'mixed';
      readonly first: number;
      /** Relative to the window's first clock. */
      readonly ranges: Ranges;
    }
  | { readonly kind: 'full'; readonly first: number; readonly count: number };

export function windowsOf(ranges: Ranges): readonly DeleteWindow[] {
  const windows: DeleteWindow[] = [];
  let open: { readonly first: number; readonly ranges: DeleteRange[] } | undefined;
  const add = (clock: number, end: number): void => {
    const first = Math.floor(clock / windowClocks);
    if (open?.first !== first) {
      if (open !== undefined) windows.push({ kind: 'mixed', ...open });
      open = { first, ranges: [] };
    }
    open.ranges.push({ clock: clock - first * windowClocks, length: end - clock });
  };
  for (const range of ranges) {
    let clock = range.clock;
    const end = range.clock + range.length;
    const nextEdge = Math.ceil(clock / windowClocks) * windowClocks;
    const lastEdge = Math.floor(end / windowClocks) * windowClocks;
    if (nextEdge < lastEdge) {
      if (clock < nextEdge) add(clock, nextEdge);
      if (open !== undefined) windows.push({ kind: 'mixed', ...open });
      open = undefined;
      windows.push({
        kind: 'full',
        first: nextEdge / windowClocks,
        count: (lastEdge - nextEdge) / windowClocks,
      });
      clock = lastEdge;
    } else if (clock < nextEdge && nextEdge < end) {
      add(clock, nextEdge);
      clock = nextEdge;
    }
    if (clock < end) add(clock, end);
  }
  if (open !== undefined) windows.push({ kind: 'mixed', ...open });
  return windows;
}

/** Eight bytes that stand for the deletes of a window, given relative to its first clock. */
export function hashWindow(ranges: Ranges): Uint8Array {
  const writer = new ByteWriter(4 * ranges.length);
  for (const range of ranges) writer.varUint(range.clock).varUint(range.length);
  return sha256(tuple(domain, writer.finish())).subarray(0, 8);
}

const domain = utf8Encode('hearsay/delete-window/1');
