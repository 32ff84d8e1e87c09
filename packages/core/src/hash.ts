import { sha256 } from '#sha256';
import { toHex, utf8Encode } from './bytes.ts';
import { tuple } from './codec.ts';
import type { Digest } from './ids.ts';

export { sha256 };

/** Bytes of a {@link Digest}. */
export const digestBytes = 16;

/**
 * First 16 bytes of SHA-256 over a domain string and the parts, each length-prefixed. Different domains never collide,
 * so a leaf can never be passed off as an inner node.
 */
export function rawDigestOf(domain: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return sha256(tuple(utf8Encode(domain), ...parts)).subarray(0, digestBytes);
}

/** {@link rawDigestOf} as hexadecimal. */
export function digestOf(domain: string, ...parts: readonly Uint8Array[]): Digest {
  return toHex(rawDigestOf(domain, ...parts)) as Digest;
}
