import {
  type ByteReader,
  ByteWriter,
  type DecodeError,
  decode,
  failDecode,
  limits,
  type Result,
  utf8Encode,
} from '@hearsay/core';

/** One client's presence. `state` is JSON text as the client wrote it; null: gone. */
export interface AwarenessEntry {
  readonly clientId: number;
  readonly clock: number;
  readonly state: string | null;
}

/** The body of an awareness message: count, then client id, clock and JSON text of each. */
export function encodeAwareness(entries: readonly AwarenessEntry[]): Uint8Array {
  const writer = new ByteWriter(64).varUint(entries.length);
  for (const { clientId, clock, state } of entries) {
    writer
      .varUint(clientId)
      .varUint(clock)
      .varBytes(utf8Encode(state ?? 'null'));
  }
  return writer.finish();
}

/** Refuses what is malformed, not JSON, too many or too large. */
export function decodeAwareness(bytes: Uint8Array): Result<AwarenessEntry[], DecodeError> {
  return decode(bytes, (reader) => {
    const count = reader.varUint(limits.awarenessEntries);
    return Array.from({ length: count }, () => readEntry(reader));
  });
}

function readEntry(reader: ByteReader): AwarenessEntry {
  const clientId = reader.varUint(limits.clientId);
  const clock = reader.varUint(limits.clock);
  const state = reader.varString(limits.awarenessStateBytes);
  try {
    return { clientId, clock, state: JSON.parse(state) === null ? null : state };
  } catch {
    return failDecode('a presence that is not JSON');
  }
}
