import { type ByteReader, type ByteWriter, failDecode, limits } from '@hearsay/core';
import { decodeStateVector, type StateVector } from '@hearsay/document';

/** The y-protocols sync message inside both dialects. */
export type SyncMessage =
  | { readonly step: 'step1'; readonly stateVector: StateVector }
  | { readonly step: 'step2' | 'update'; readonly update: Uint8Array };

export const syncSteps = { step1: 0, step2: 1, update: 2 } as const;

/** A document has no more clients, so a state vector has none either. */
export const maxStateVectorEntries: number = limits.clientsPerDocument;

/** Ends the surrounding `decode` on anything malformed. The update is a copy: frames may be reused by the socket. */
export function readSyncMessage(reader: ByteReader): SyncMessage {
  const step = reader.varUint();
  const payload = reader.varBytes();
  if (step === syncSteps.step1) {
    const stateVector = decodeStateVector(payload, maxStateVectorEntries);
    if (!stateVector.ok) return failDecode(stateVector.error.message);
    return { step: 'step1', stateVector: stateVector.value };
  }
  if (step === syncSteps.step2) return { step: 'step2', update: payload.slice() };
  if (step === syncSteps.update) return { step: 'update', update: payload.slice() };
  return failDecode(`unknown sync step ${step}`);
}

export function writeSyncMessage(
  writer: ByteWriter,
  step: keyof typeof syncSteps,
  payload: Uint8Array,
): ByteWriter {
  return writer.varUint(syncSteps[step]).varBytes(payload);
}
