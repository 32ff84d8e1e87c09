import { limits, ok, type Result, type TaggedError } from '@hearsay/core';
import {
  decodeStateVector,
  differenceOfLog,
  encodeStateVector,
  encodeVersion,
  mergeUpdates,
  splitUpdateForClients,
  updateForStateVector,
  versionOfUpdate,
} from '@hearsay/document';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { type Packed, pack, unpack } from './packed.ts';

/** Runs in a worker thread: what of a log a client with a state vector lacks, in pieces for its frames. */
export function forClient(job: { readonly log: Packed; readonly stateVector: Uint8Array }): unknown {
  const theirs = decodeStateVector(job.stateVector, limits.clientsPerDocument);
  if (!theirs.ok) throw new Error(theirs.error.message);
  const missing = updateForStateVector(mergeUpdates(unpack(job.log)), theirs.value);
  return moved(splitUpdateForClients(missing, limits.clientFrameBytes));
}

/** What a difference is between threads: its pieces, and up to where each brings clients. */
export interface PackedDifference {
  readonly updates: Packed;
  readonly ends: Packed;
  readonly theyKnowMore: boolean;
}

/** See `differenceOfLog`. */
export function difference(job: {
  readonly log: Packed;
  readonly sketch: Uint8Array | null;
  readonly pieceBytes: number;
}): unknown {
  const compared = differenceOfLog(unpack(job.log), job.sketch, job.pieceBytes);
  if (!compared.ok) return compared;
  const { pieces, theyKnowMore } = compared.value;
  const updates = pack(pieces.map(({ update }) => update));
  const ends = pack(pieces.map((piece) => encodeStateVector(piece.ends)));
  const outcome: Result<PackedDifference, TaggedError> = ok({ updates, ends, theyKnowMore });
  return handedOver(outcome, [updates, ends]);
}

/** The canonical bytes of an update's version; null where it is none, or not closed. */
export function version(update: Uint8Array): unknown {
  const found = versionOfUpdate(update);
  return found.ok ? encodeVersion(found.value) : null;
}

/** All of a log as one update, and its version; null where it is not closed. */
export function merge(log: Packed): unknown {
  const update = mergeUpdates(unpack(log));
  const found = versionOfUpdate(update);
  return found.ok ? moved([update, encodeVersion(found.value)]) : null;
}

function moved(parts: readonly Uint8Array[]): unknown {
  const packed = pack(parts);
  return handedOver(packed, [packed]);
}

/** Hands the bytes over instead of copying them. */
function handedOver(value: object, parts: readonly Packed[]): unknown {
  return move({
    get [transferableSymbol]() {
      return parts.flatMap(({ bytes, lengths }) => [bytes.buffer, lengths.buffer]);
    },
    get [valueSymbol](): object {
      return value;
    },
  });
}
