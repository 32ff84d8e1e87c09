import { type Compaction, compactUpdates, documentJson } from '@hearsay/document';
import { move } from 'piscina';

/** Runs in a worker thread: a document is only ever built here, under a heap limit of its own. */
export function json(updates: readonly Uint8Array[]): unknown {
  const bytes = new TextEncoder().encode(JSON.stringify(documentJson(updates)));
  return move(bytes);
}

/** See `compactUpdates`. */
export function compact(updates: readonly Uint8Array[]): Compaction {
  return compactUpdates(updates);
}
