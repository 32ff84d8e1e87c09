import { crc32 as zlibCrc32 } from 'node:zlib';

/** CRC-32 (IEEE); `value` continues an earlier sum. */
export function crc32(data: Uint8Array, value = 0): number {
  return zlibCrc32(data, value);
}
