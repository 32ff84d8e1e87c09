import { limits } from '@hearsay/core';
import {
  type Compaction,
  compactUpdates,
  countItems,
  documentJson,
  encodeVersion,
  MaterializeError,
  mergeUpdates,
  versionDigest,
} from '@hearsay/document';
import type { EncodedVersion } from '@hearsay/storage';
import { type Packed, unpack } from './packed.ts';

/** A version goes between threads as bytes. */
export type CompactedLog = Omit<Compaction, 'version'> & { readonly version: EncodedVersion };

/** What a job gives; `damaged`: the stored updates do not make a document; `tooLarge`: it was not tried. */
export type JobOutcome<T> =
  | { readonly value: T }
  | { readonly damaged: string }
  | { readonly tooLarge: true };

/** Runs in a worker thread: a document is only ever built here, under a heap limit of its own. */
export function json(log: Packed): JobOutcome<Uint8Array> {
  const updates = unpack(log);
  const { itemsInMemory } = limits;
  if (countItems(updates, itemsInMemory) > itemsInMemory) return { tooLarge: true };
  return attempt(() => new TextEncoder().encode(JSON.stringify(documentJson(updates))));
}

/** See `compactUpdates`. */
export function compact(log: Packed): JobOutcome<CompactedLog> {
  return attempt(() => {
    const { version, ...compacted } = compactUpdates(unpack(log), limits.itemsInMemory);
    return { ...compacted, version: { bytes: encodeVersion(version), digest: versionDigest(version, 0) } };
  });
}

/** All of a log as one update. */
export function state(log: Packed): JobOutcome<Uint8Array> {
  return { value: mergeUpdates(unpack(log)) };
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
