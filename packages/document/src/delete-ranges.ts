/** Deleted clocks [clock, clock + length). */
export interface DeleteRange {
  readonly clock: number;
  readonly length: number;
}

/** Ascending, disjoint, never adjacent: the form every function here takes and gives. */
export type Ranges = readonly DeleteRange[];

const none: Ranges = [];

/** Sorts and joins ranges that may overlap or touch. */
export function normalizeRanges(ranges: readonly DeleteRange[]): Ranges {
  if (isNormal(ranges)) return ranges;
  const sorted = [...ranges].sort((a, b) => a.clock - b.clock);
  const joined: DeleteRange[] = [];
  for (const range of sorted) append(joined, range.clock, range.clock + range.length);
  return joined;
}

export function unionRanges(a: Ranges, b: Ranges): Ranges {
  if (b.length === 0) return a;
  if (a.length === 0) return b;
  // An edit deletes a few clocks of a document that may have thousands of ranges: splice, do not walk.
  if (b.length <= 4 && a.length > 16) return b.reduce(insertRange, a);
  if (a.length <= 4 && b.length > 16) return a.reduce(insertRange, b);
  const joined: DeleteRange[] = [];
  let i = 0;
  let j = 0;
  for (;;) {
    const left = a[i];
    const right = b[j];
    if (left !== undefined && (right === undefined || left.clock <= right.clock)) {
      append(joined, left.clock, left.clock + left.length);
      i++;
    } else if (right !== undefined) {
      append(joined, right.clock, right.clock + right.length);
      j++;
    } else return joined;
  }
}

/** What of `a` is not in `b`. */
export function subtractRanges(a: Ranges, b: Ranges): Ranges {
  if (a.length === 0 || b.length === 0) return a;
  const left: DeleteRange[] = [];
  let j = firstEndingAfter(b, (a[0] as DeleteRange).clock, 0);
  for (const range of a) {
    const end = range.clock + range.length;
    let clock = range.clock;
    // Galloping keeps a few ranges against thousands, and thousands against thousands, both cheap.
    if (j < b.length && rangeEnd(b[j] as DeleteRange) <= clock) j = firstEndingAfter(b, clock, j);
    for (let k = j; clock < end; k++) {
      const cut = b[k];
      if (cut === undefined || cut.clock >= end) break;
      if (cut.clock > clock) left.push({ clock, length: cut.clock - clock });
      clock = Math.max(clock, cut.clock + cut.length);
      if (clock < end) j = k + 1;
    }
    if (clock < end) left.push({ clock, length: end - clock });
  }
  return left.length === 0 ? none : left;
}

/** What of `ranges` lies in [from, to). */
export function clipRanges(ranges: Ranges, from: number, to: number): Ranges {
  const clipped: DeleteRange[] = [];
  if (from >= to) return clipped;
  for (let i = firstEndingAfter(ranges, from, 0); i < ranges.length; i++) {
    const range = ranges[i] as DeleteRange;
    if (range.clock >= to) break;
    const clock = Math.max(range.clock, from);
    clipped.push({ clock, length: Math.min(rangeEnd(range), to) - clock });
  }
  return clipped;
}

export function equalRanges(a: Ranges, b: Ranges): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const left = a[i];
    const right = b[i];
    if (left?.clock !== right?.clock || left?.length !== right?.length) return false;
  }
  return true;
}

/** Appends [clock, end) to ascending ranges, joining it to the last one where they touch. */
export function append(ranges: DeleteRange[], clock: number, end: number): void {
  const last = ranges[ranges.length - 1];
  if (last === undefined || last.clock + last.length < clock) {
    ranges.push({ clock, length: end - clock });
  } else if (last.clock + last.length < end) {
    ranges[ranges.length - 1] = { clock: last.clock, length: end - last.clock };
  }
}

function insertRange(ranges: Ranges, range: DeleteRange): Ranges {
  // Everything from `first` up to `after` touches or overlaps the new range.
  const first = firstEndingAfter(ranges, range.clock - 1, 0);
  let clock = range.clock;
  let end = rangeEnd(range);
  let after = first;
  for (; after < ranges.length; after++) {
    const touched = ranges[after] as DeleteRange;
    if (touched.clock > end) break;
    clock = Math.min(clock, touched.clock);
    end = Math.max(end, rangeEnd(touched));
  }
  const only = after === first + 1 ? ranges[first] : undefined;
  if (only !== undefined && only.clock === clock && rangeEnd(only) === end) return ranges;
  return ranges.toSpliced(first, after - first, { clock, length: end - clock });
}

/** Index of the first range, from `from` on, that ends after `clock`. */
function firstEndingAfter(ranges: Ranges, clock: number, from: number): number {
  let low = from;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rangeEnd(ranges[middle] as DeleteRange) > clock) high = middle;
    else low = middle + 1;
  }
  return low;
}

function rangeEnd(range: DeleteRange): number {
  return range.clock + range.length;
}

function isNormal(ranges: readonly DeleteRange[]): boolean {
  let end = -1;
  for (const range of ranges) {
    if (range.clock <= end) return false;
    end = range.clock + range.length;
  }
  return true;
}
