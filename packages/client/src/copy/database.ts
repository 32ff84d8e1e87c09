/** One change of a batch. */
export type CopyOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

/**
 * What a copy needs of a database: any of the Level family with keys as strings and values as bytes. A batch is atomic.
 */
export interface CopyDatabase {
  get(key: string): Promise<Uint8Array | undefined>;
  batch(operations: CopyOperation[], options: { readonly sync: boolean }): Promise<void>;
  iterator(range: KeyRange): { all(): Promise<[string, Uint8Array][]> };
  keys(range: KeyRange): { all(): Promise<string[]> };
  close(): Promise<void>;
}

/** A range of keys, without `lt` itself. */
export interface KeyRange {
  readonly gte: string;
  readonly lt: string;
}

/** Everything below a path. */
export function below(path: string): KeyRange {
  // The character after the slash.
  return { gte: `${path}/`, lt: `${path}0` };
}
