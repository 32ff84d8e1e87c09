import { type Compaction, compactUpdates, documentJson, MaterializeError } from '@hearsay/document';

/** What a job gives; `damaged`: the stored updates do not make a document. */
export type JobOutcome<T> = { readonly value: T } | { readonly damaged: string };

/** Runs in a worker thread: a document is only ever built here, under a heap limit of its own. */
export function json(updates: readonly Uint8Array[]): JobOutcome<Uint8Array> {
  return attempt(() => new TextEncoder().encode(JSON.stringify(documentJson(updates))));
}

/** See `compactUpdates`. */
export function compact(updates: readonly Uint8Array[]): JobOutcome<Compaction> {
  return attempt(() => compactUpdates(updates));
}

/** Error classes do not survive the way between threads. */
function attempt<T>(build: () => T): JobOutcome<T> {
  try {
    return { value: build() };
  } catch (error) {
    if (error instanceof MaterializeError) return { damaged: error.message };
    throw error;
  }
}
