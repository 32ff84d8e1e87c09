import { type ByteReader, decode, failDecode, limits } from '@hearsay/core';

/** Undefined where it is presence, and more of it than anybody needs. */
export function readPresence(reader: ByteReader): Uint8Array | undefined {
  const update = reader.varBytes().slice();
  const small = decode(update, (entries) => {
    let isSmall = true;
    for (let rest = entries.varUint(); rest > 0; rest--) {
      entries.varUint();
      entries.varUint();
      const state = entries.varString();
      isSmall &&= state.length <= presenceChars && isShallow(parsed(state), limits.anyDepth);
    }
    return isSmall;
  });
  if (!small.ok) return failDecode(`no presence: ${small.error.message}`);
  return small.value ? update : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return failDecode('a presence that is not JSON');
  }
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}

/** Of one client's presence. Servers of Hearsay let 4,096 bytes through; others as much as a small picture. */
const presenceChars = 65_536;
