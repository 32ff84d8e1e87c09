import { limits } from '@hearsay/core';
import {
  decodeStateVector,
  mergeUpdates,
  splitUpdateForClients,
  updateForStateVector,
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

/** Hands the bytes over instead of copying them. */
function moved(parts: readonly Uint8Array[]): unknown {
  const packed = pack(parts);
  return move({
    get [transferableSymbol]() {
      return [packed.bytes.buffer, packed.lengths.buffer];
    },
    get [valueSymbol]() {
      return packed;
    },
  });
}
