import type { DecodeError, Result } from '@hearsay/core';
import { err, ok } from '@hearsay/core';
import { versionOfUpdate } from './admit.ts';
import { mergeUpdates } from './merge.ts';
import { compareSketch } from './sketch.ts';
import { splitUpdate } from './split.ts';
import type { UpdateError } from './strict-reader.ts';
import { StructReader } from './struct-reader.ts';
import type { StateVector } from './version.ts';

/** What a peer lacks of a log, in pieces. */
export interface LogDifference {
  readonly pieces: readonly Piece[];
  /** As of a comparison of sketches. */
  readonly theyKnowMore: boolean;
}

/** One of the updates into which a difference is cut; see {@link splitUpdate}. */
export interface Piece {
  readonly update: Uint8Array;
  /** Up to where it brings each client of which it has structs: whoever is as far needs none of them. */
  readonly ends: StateVector;
}

/**
 * Compares a causally closed log with a peer's sketch of its copy; without one the peer has nothing. Merges the log and reads
 * its version from it: seconds for a document of many megabytes, and as much memory as the log takes, several times.
 */
export function differenceOfLog(
  log: readonly Uint8Array[],
  sketch: Uint8Array | null,
  maxBytes: number,
): Result<LogDifference, DecodeError | UpdateError> {
  const state = mergeUpdates(log);
  if (sketch === null) return ok({ pieces: piecesOf(state, maxBytes), theyKnowMore: false });
  const version = versionOfUpdate(state);
  if (!version.ok) return version;
  const compared = compareSketch(state, version.value, sketch);
  if (!compared.ok) return err(compared.error);
  const { update, theyKnowMore } = compared.value;
  return ok({ pieces: update === null ? [] : piecesOf(update, maxBytes), theyKnowMore });
}

function piecesOf(update: Uint8Array, maxBytes: number): Piece[] {
  return splitUpdate(update, maxBytes).map((piece) => ({ update: piece, ends: endsOf(piece) }));
}

function endsOf(update: Uint8Array): StateVector {
  const ends = new Map<number, number>();
  const reader = new StructReader(update);
  for (let clients = reader.clientCount(); clients > 0; clients--) {
    reader.openClient();
    for (let structs = reader.structCount; structs > 0; structs--) reader.next();
    ends.set(reader.client, reader.clock + reader.length);
  }
  return ends;
}
