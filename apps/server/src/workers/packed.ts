/** Many byte strings in one buffer, which changes threads without being copied. */
export interface Packed {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes of each, in order. */
  readonly lengths: Uint32Array<ArrayBuffer>;
}

export function pack(parts: readonly Uint8Array[]): Packed {
  const bytes = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  const lengths = new Uint32Array(parts.length);
  let at = 0;
  for (const [index, part] of parts.entries()) {
    bytes.set(part, at);
    lengths[index] = part.byteLength;
    at += part.byteLength;
  }
  return { bytes, lengths };
}

/** Views of the packed bytes. */
export function unpack({ bytes, lengths }: Packed): Uint8Array[] {
  let at = 0;
  return Array.from(lengths, (length) => {
    at += length;
    return bytes.subarray(at - length, at);
  });
}
