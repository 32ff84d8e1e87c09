import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { toHex, utf8Encode } from './bytes.ts';
import { tuple } from './codec.ts';
import type { Digest } from './ids.ts';

/** SHA-256, 32 bytes. Synchronous and the same in Node and browsers. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return nobleSha256(bytes);
}

/**
 * First 16 bytes of SHA-256 over a domain string and the parts, each length-prefixed, as hexadecimal. Different
 * domains never collide, so a leaf can never be passed off as an inner node.
 */
export function digestOf(domain: string, ...parts: readonly Uint8Array[]): Digest {
  return toHex(sha256(tuple(utf8Encode(domain), ...parts)).subarray(0, 16)) as Digest;
}
