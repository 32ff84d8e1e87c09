import { limits, ok, type Result, type TaggedError } from '@hearsay/core';
import {
  decodeVersion,
  differenceOfLog,
  encodeVersion,
  type LogDifference,
  mergeUpdates,
  type Version,
  versionOfUpdate,
} from '@hearsay/document';

/**
 * What is asked of large documents (above `limits.inlineDocumentBytes`), away from the main thread where there is another. An error
 * says that it could not be done here, not what the document is.
 */
export interface LargeLogs {
  /** What a peer with such a copy lacks of a log, in pieces; see `differenceOfLog`. */
  difference(
    log: readonly Uint8Array[],
    sketch: Uint8Array | null,
    pieceBytes: number,
  ): Promise<Result<LogDifference, TaggedError>>;
  /** The version of an update, as its canonical bytes; null where it is not one, or not causally closed. */
  version(update: Uint8Array): Promise<Result<Uint8Array | null, TaggedError>>;
  /** All of a log as one update, with its version in canonical bytes; null where it is not closed. */
  merge(log: readonly Uint8Array[]): Promise<Result<MergedLog | null, TaggedError>>;
}

export interface MergedLog {
  readonly update: Uint8Array;
  readonly version: Uint8Array;
}

/** A closed log as one update, and what it knows. */
export interface WholeLog {
  readonly update: Uint8Array;
  readonly version: Version;
}

/** Undefined where the log is no closed one, or takes too much. */
export async function wholeOf(
  largeLogs: LargeLogs,
  log: readonly Uint8Array[],
): Promise<WholeLog | undefined> {
  const bytes = log.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const logs = bytes > limits.inlineDocumentBytes ? largeLogs : largeLogsInline;
  const merged = await logs.merge(log);
  if (!merged.ok || merged.value === null) return undefined;
  const version = decodeVersion(merged.value.version);
  return version.ok ? { update: merged.value.update, version: version.value } : undefined;
}

/** On the calling thread: for tests, simulations and browsers. */
export const largeLogsInline: LargeLogs = {
  difference: async (log, sketch, pieceBytes) => differenceOfLog(log, sketch, pieceBytes),
  async version(update) {
    const version = versionOfUpdate(update);
    return ok(version.ok ? encodeVersion(version.value) : null);
  },
  async merge(log) {
    const update = mergeUpdates(log);
    const version = versionOfUpdate(update);
    return ok(version.ok ? { update, version: encodeVersion(version.value) } : null);
  },
};
