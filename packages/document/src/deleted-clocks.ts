import {
  append,
  clipRanges,
  type DeleteRange,
  equalRanges,
  type Ranges,
  subtractRanges,
  unionRanges,
} from './delete-ranges.ts';
import {
  type DeleteWindow,
  encodeWindows,
  fullWindows,
  MixedWindow,
  windowClocks,
  windowsOf,
} from './delete-windows.ts';

/**
 * The deleted clocks of one client. Immutable and kept by windows of 4096 clocks, so that an edit copies and hashes one
 * window of a document that may have a million deletes.
 */
export class DeletedClocks implements Iterable<DeleteRange> {
  /** Ascending; windows in which nothing is deleted are left out. */
  readonly windows: readonly DeleteWindow[];
  #heldBytes: number | undefined;

  private constructor(windows: readonly DeleteWindow[]) {
    this.windows = windows;
  }

  static of(ranges: Ranges): DeletedClocks {
    return new DeletedClocks(windowsOf(ranges));
  }

  /** Of windows that {@link windowsOf} or a `WindowBuilder` made. */
  static ofWindows(windows: readonly DeleteWindow[]): DeletedClocks {
    return new DeletedClocks(windows);
  }

  /** All ranges, as the canonical bytes of a version have them. */
  get encoded(): { readonly count: number; readonly bytes: Uint8Array } {
    return encodeWindows(this.windows);
  }

  /** Bytes on the heap, roughly, of which newer versions share most. */
  get heldBytes(): number {
    this.#heldBytes ??= this.windows.reduce(
      (sum, window) => sum + (window instanceof MixedWindow ? window.heldBytes : 48),
      90,
    );
    return this.#heldBytes;
  }

  /** The union with `ranges`; this very object when it has them all. */
  with(ranges: Ranges): DeletedClocks {
    return this.union(DeletedClocks.of(ranges));
  }

  /** The union of both; this very object when it has all. Windows on either side of the other's stay as they are. */
  union(other: DeletedClocks): DeletedClocks {
    const [first, last] = [other.windows[0], other.windows[other.windows.length - 1]];
    if (first === undefined || last === undefined) return this;
    // Those beside it too: a window that fills up joins them.
    const from = Math.max(0, indexAt(this.windows, first.first) - 1);
    const to = Math.min(this.windows.length, indexAt(this.windows, last.first + last.count) + 1);
    const touched = this.windows.slice(from, to);
    const united = unionWindows(touched, other.windows);
    if (united.length === touched.length && united.every((window, i) => window === touched[i])) return this;
    return new DeletedClocks([...this.windows.slice(0, from), ...united, ...this.windows.slice(to)]);
  }

  /** What of this is not in `other`. */
  minus(other: DeletedClocks): Ranges {
    if (other === this) return [];
    const rest: DeleteRange[] = [];
    for (const window of this.windows) {
      // Versions of one history share the windows in which they are the same.
      const same = other.window(window.first);
      if (same === window || (same !== undefined && covers(same, window))) continue;
      const ranges = rangesOf(window);
      const [first, last] = [ranges[0], ranges[ranges.length - 1]];
      if (first === undefined || last === undefined) continue;
      const left = subtractRanges(ranges, other.clip(first.clock, last.clock + last.length));
      for (const { clock, length } of left) append(rest, clock, clock + length);
    }
    return rest;
  }

  /** What of `ranges` is not in this. */
  lacking(ranges: Ranges): Ranges {
    return DeletedClocks.of(ranges).minus(this);
  }

  equals(other: DeletedClocks): boolean {
    if (other === this) return true;
    return (
      this.windows.length === other.windows.length &&
      this.windows.every((window, i) => equalWindows(window, other.windows[i]))
    );
  }

  /** What lies in [from, to). */
  clip(from: number, to: number): Ranges {
    const clipped: DeleteRange[] = [];
    for (let i = indexAt(this.windows, Math.floor(from / windowClocks)); i < this.windows.length; i++) {
      const window = this.windows[i] as DeleteWindow;
      if (window.first * windowClocks >= to) break;
      for (const { clock, length } of clipRanges(rangesOf(window), from, to)) {
        append(clipped, clock, clock + length);
      }
    }
    return clipped;
  }

  /** What lies before `clock`; shares the windows it leaves whole. */
  before(clock: number): DeletedClocks {
    const cut = this.windows.findIndex(({ first, count }) => (first + count) * windowClocks > clock);
    if (cut === -1) return this;
    const rest = this.clip((this.windows[cut]?.first ?? 0) * windowClocks, clock);
    return new DeletedClocks([...this.windows.slice(0, cut), ...windowsOf(rest)]);
  }

  /** The window with this number, or the run of full ones it is in; undefined when nothing is deleted there. */
  window(number: number): DeleteWindow | undefined {
    const window = this.windows[indexAt(this.windows, number)];
    return window !== undefined && window.first <= number ? window : undefined;
  }

  toRanges(): Ranges {
    const ranges: DeleteRange[] = [];
    for (const window of this.windows) {
      for (const { clock, length } of rangesOf(window)) append(ranges, clock, clock + length);
    }
    return ranges;
  }

  [Symbol.iterator](): Iterator<DeleteRange> {
    return this.toRanges()[Symbol.iterator]();
  }
}

/** Index of the first entry that ends after the given window begins. */
function indexAt(windows: readonly DeleteWindow[], window: number): number {
  let low = 0;
  let high = windows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = windows[middle] as DeleteWindow;
    if (entry.first + entry.count > window) high = middle;
    else low = middle + 1;
  }
  return low;
}

function rangesOf(window: DeleteWindow): Ranges {
  return window instanceof MixedWindow ? window.ranges : [fullWindows(window)];
}

function equalWindows(a: DeleteWindow, b: DeleteWindow | undefined): boolean {
  if (a === b) return true;
  if (b === undefined || a.first !== b.first || a.count !== b.count) return false;
  return equalRanges(rangesOf(a), rangesOf(b));
}

/** Whether all of `window` is deleted in full windows. */
function covers(full: DeleteWindow, { first, count }: DeleteWindow): boolean {
  return !(full instanceof MixedWindow) && full.first <= first && full.first + full.count >= first + count;
}

/** Both lists as one: windows that are the same or full stay what they are. */
function unionWindows(a: readonly DeleteWindow[], b: readonly DeleteWindow[]): readonly DeleteWindow[] {
  const united: DeleteWindow[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const [left, right] = [a[i], b[j]];
    const isLeft = right === undefined || (left !== undefined && comesFirst(left, right));
    if (isLeft) i++;
    else j++;
    const next = isLeft ? left : right;
    if (next !== undefined) appendWindow(united, next);
  }
  return united;
}

/** Full windows before mixed ones, which they cover. */
function comesFirst(left: DeleteWindow, right: DeleteWindow): boolean {
  if (left.first !== right.first) return left.first < right.first;
  return !(left instanceof MixedWindow) || right instanceof MixedWindow;
}

function appendWindow(windows: DeleteWindow[], next: DeleteWindow): void {
  const last = windows[windows.length - 1];
  const end = last === undefined ? 0 : last.first + last.count;
  if (next instanceof MixedWindow) {
    if (last === undefined || next.first >= end) windows.push(next);
    else if (last instanceof MixedWindow) {
      const union = unionRanges(last.ranges, next.ranges);
      if (union[0]?.length === windowClocks) {
        windows.pop();
        appendWindow(windows, { first: last.first, count: 1 });
      } else if (union.length !== last.rangeCount || !equalRanges(union, last.ranges)) {
        windows[windows.length - 1] = new MixedWindow(last.first, union);
      }
    }
    return;
  }
  if (last === undefined || last instanceof MixedWindow || next.first > end) windows.push(next);
  else if (next.first + next.count > end) {
    windows[windows.length - 1] = { first: last.first, count: next.first + next.count - last.first };
  }
}
