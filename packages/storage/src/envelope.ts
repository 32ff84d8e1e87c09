import { type ByteReader, decode } from '@hearsay/core';
import { crc32 } from '#crc32';

/** Format of every record's value; a reader refuses what it does not know. */
const recordFormat = 1;

const overheadBytes = 5;

/**
 * Wraps a payload: format byte, payload, CRC-32 over the record's key and all before. The key names kind, document and
 * sequence, so the sum also tells a record that is found under the key of another. A large payload may come in parts: it is
 * copied once.
 */
export function sealRecord(key: Uint8Array, payload: Uint8Array | readonly Uint8Array[]): Uint8Array {
  const parts = payload instanceof Uint8Array ? [payload] : payload;
  const value = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, overheadBytes));
  value[0] = recordFormat;
  let at = 1;
  for (const part of parts) {
    value.set(part, at);
    at += part.byteLength;
  }
  const sum = crc32(value.subarray(0, -4), crc32(key));
  new DataView(value.buffer).setUint32(value.byteLength - 4, sum);
  return value;
}

/** The payload, a view; undefined when the record is damaged or of another format. */
export function openRecord(key: Uint8Array, value: Uint8Array): Uint8Array | undefined {
  if (value.byteLength < overheadBytes || value[0] !== recordFormat) return undefined;
  const end = value.byteLength - 4;
  const sum = new DataView(value.buffer, value.byteOffset).getUint32(end);
  if (crc32(value.subarray(0, end), crc32(key)) !== sum) return undefined;
  // A plain view: `classic-level` hands out Buffers, whose methods differ.
  return new Uint8Array(value.buffer, value.byteOffset + 1, end - 1);
}

/** Opens and decodes; undefined when either fails. */
export function readRecord<T>(
  key: Uint8Array,
  value: Uint8Array,
  read: (reader: ByteReader) => T,
): T | undefined {
  const payload = openRecord(key, value);
  if (payload === undefined) return undefined;
  const decoded = decode(payload, read);
  return decoded.ok ? decoded.value : undefined;
}
