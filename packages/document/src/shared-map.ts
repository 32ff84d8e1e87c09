/**
 * `map` with some entries replaced or added; `map` itself stays as it is. Costs O(√n) amortised instead of a copy
 * of all n: the result shares `map`'s entries and carries only what is recent, until that is worth folding in.
 * `map` must never be changed afterwards.
 */
export function withEntries<V>(
  map: ReadonlyMap<number, V>,
  entries: readonly (readonly [number, V])[],
): ReadonlyMap<number, V> {
  if (entries.length === 0) return map;
  const base = map instanceof SharedMap ? map.base : map;
  if (base.size <= smallSize) return copyWith(map, entries);
  const recent = copyWith<V>(map instanceof SharedMap ? map.recent : new Map(), entries);
  // Copying `recent` costs its size at each change, folding costs the base's once in `limit` changes.
  const limit = Math.sqrt(base.size);
  return recent.size > limit ? copyWith(base, [...recent]) : new SharedMap(base, recent);
}

/** Entries up to which a plain copy beats sharing. Measured on Node 20: about 150 ns at 8. */
const smallSize = 8;

function copyWith<V>(
  map: ReadonlyMap<number, V>,
  entries: readonly (readonly [number, V])[],
): Map<number, V> {
  const copy = new Map(map);
  for (const [key, value] of entries) copy.set(key, value);
  return copy;
}

class SharedMap<V> implements ReadonlyMap<number, V> {
  readonly base: ReadonlyMap<number, V>;
  readonly recent: ReadonlyMap<number, V>;
  readonly size: number;

  constructor(base: ReadonlyMap<number, V>, recent: ReadonlyMap<number, V>) {
    this.base = base;
    this.recent = recent;
    let size = base.size;
    for (const key of recent.keys()) if (!base.has(key)) size++;
    this.size = size;
  }

  get(key: number): V | undefined {
    return this.recent.get(key) ?? this.base.get(key);
  }

  has(key: number): boolean {
    return this.recent.has(key) || this.base.has(key);
  }

  forEach(visit: (value: V, key: number, map: ReadonlyMap<number, V>) => void): void {
    for (const [key, value] of this) visit(value, key, this);
  }

  *entries(): MapIterator<[number, V]> {
    for (const entry of this.base) if (!this.recent.has(entry[0])) yield entry;
    yield* this.recent;
  }

  *keys(): MapIterator<number> {
    for (const [key] of this) yield key;
  }

  *values(): MapIterator<V> {
    for (const [, value] of this) yield value;
  }

  [Symbol.iterator](): MapIterator<[number, V]> {
    return this.entries();
  }
}
