import { compareBytes, fromHex, toHex } from '@hearsay/core';

/** A range as `abstract-level` hands it to an iterator. */
export interface ReadRange {
  readonly gt?: Uint8Array;
  readonly gte?: Uint8Array;
  readonly lt?: Uint8Array;
  readonly lte?: Uint8Array;
  readonly reverse?: boolean;
}

/** Sees which records that have been damaged are read, before anything else is written in their place. */
export class ReadWatch {
  /** Told at the first reading, by key in hex. */
  readonly #watched = new Map<string, () => void>();

  watch(key: Uint8Array, read: () => void): void {
    this.#watched.set(toHex(key), read);
  }

  clear(): void {
    this.#watched.clear();
  }

  written(keys: readonly Uint8Array[]): void {
    if (this.#watched.size > 0) for (const key of keys) this.#watched.delete(toHex(key));
  }

  got(keys: readonly Uint8Array[]): void {
    if (this.#watched.size > 0) for (const key of keys) this.#read(toHex(key));
  }

  /** A range has been read up to its `last` key; to its end when there is none. */
  passed(range: ReadRange, last: Uint8Array | undefined): void {
    for (const hex of [...this.#watched.keys()]) {
      const key = fromHex(hex);
      const isPassed = last === undefined || (range.reverse === true ? -1 : 1) * compareBytes(key, last) <= 0;
      if (isPassed && isWithin(key, range)) this.#read(hex);
    }
  }

  #read(hex: string): void {
    this.#watched.get(hex)?.();
    this.#watched.delete(hex);
  }
}

function isWithin(key: Uint8Array, { gt, gte, lt, lte }: ReadRange): boolean {
  return (
    (gt === undefined || compareBytes(key, gt) > 0) &&
    (gte === undefined || compareBytes(key, gte) >= 0) &&
    (lt === undefined || compareBytes(key, lt) < 0) &&
    (lte === undefined || compareBytes(key, lte) <= 0)
  );
}
