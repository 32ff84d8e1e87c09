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
  encodeRanges,
  fullWindows,
  MixedWindow,
  windowClocks,
  windowsOf,
} from './delete-windows.ts';

interface EncodedRanges {
  readonly count: number;
  readonly bytes: Uint8Array;
}

/**
 * The deleted clocks of one client. Immutable and kept by windows of 4096 clocks, so that an edit copies and hashes one
 * window of a document that may have a million deletes.
 */
export class DeletedClocks implements Iterable<DeleteRange> {
  /** Ascending; windows in which nothing is deleted are left out. */
  readonly windows: readonly DeleteWindow[];

  #encoded: EncodedRanges | undefined;

  private constructor(windows: readonly DeleteWindow[]) {
    this.windows = windows;
  }

  static of(ranges: Ranges): DeletedClocks {
    return new DeletedClocks(windowsOf(ranges));
  }

  /** All ranges, as the canonical bytes of a version have them; computed once, for most edits delete nothing. */
  get encoded(): EncodedRanges {
    if (this.#encoded === undefined) {
      const ranges = this.toRanges();
      this.#encoded = { count: ranges.length, bytes: encodeRanges(ranges, 0) };
    }
    return this.#encoded;
  }

  /** The union with `ranges`; this very object when it has them all. */
  with(ranges: Ranges): DeletedClocks {
    const windows = ranges.length <= fewRanges ? this.#withFew(ranges) : undefined;
    if (windows === undefined) return DeletedClocks.of(unionRanges(this.toRanges(), ranges));
    return windows === this.windows ? this : new DeletedClocks(windows);
  }

  /** The union of both. */
  union(other: DeletedClocks): DeletedClocks {
    return this.with(other.minus(this));
  }

  /** What of this is not in `other`. */
  minus(other: DeletedClocks): Ranges {
    if (other === this) return [];
    const rest: DeleteRange[] = [];
    for (const window of this.windows) {
      // Versions of one history share the windows in which they are the same.
      const same = other.window(window.first);
      if (same === window) continue;
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
    if (ranges.length > fewRanges) return subtractRanges(ranges, this.toRanges());
    let known: Ranges = [];
    for (const { clock, length } of ranges) known = unionRanges(known, this.clip(clock, clock + length));
    return subtractRanges(ranges, known);
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
      for (const range of rangesOf(window)) {
        const last = ranges[ranges.length - 1];
        if (last !== undefined && last.clock + last.length === range.clock) {
          append(ranges, range.clock, range.clock + range.length);
        } else ranges.push(range);
      }
    }
    return ranges;
  }

  [Symbol.iterator](): Iterator<DeleteRange> {
    return this.toRanges()[Symbol.iterator]();
  }

  /** Window by window; undefined where a window fills up, which may join it to its neighbours. */
  #withFew(ranges: Ranges): readonly DeleteWindow[] | undefined {
    let windows: DeleteWindow[] | undefined;
    for (const range of ranges) {
      const end = range.clock + range.length;
      if (range.length >= windowClocks) return undefined;
      for (let clock = range.clock; clock < end; ) {
        const first = Math.floor(clock / windowClocks);
        const edge = Math.min(end, (first + 1) * windowClocks);
        const piece = { clock, length: edge - clock };
        const current: readonly DeleteWindow[] = windows ?? this.windows;
        const index = indexAt(current, first);
        const found = current[index];
        clock = edge;
        if (found !== undefined && found.first <= first) {
          if (!(found instanceof MixedWindow)) continue;
          const union = unionRanges(found.ranges, [piece]);
          if (union === found.ranges) continue;
          if (union[0]?.length === windowClocks) return undefined;
          windows ??= [...current];
          windows[index] = new MixedWindow(first, union);
        } else {
          windows ??= [...current];
          windows.splice(index, 0, new MixedWindow(first, [piece]));
        }
      }
    }
    return windows ?? this.windows;
  }
}

/** Ranges up to which looking up windows one by one beats going through all of them. */
const fewRanges = 16;

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
