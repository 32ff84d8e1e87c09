import { limits, utf8Decode } from '@hearsay/core';
import { malformed, overLimit } from './strict-reader.ts';

/** Refuses what `JSON.parse` refuses, values nested too deep, and `__proto__` as a key. */
export function checkJson(bytes: Uint8Array, from: number, to: number): void {
  if (isLiteral(bytes, from, to)) return;
  checkDepth(bytes, from, to);
  const text = utf8Decode(bytes.subarray(from, to));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    malformed('content that is not JSON');
  }
  // Only an escape can hide the name from a search of the text.
  if (text.includes('__proto__') || text.includes('\\u')) checkKeys(value);
}

/** `ContentJSON` writes `undefined` as this word, which is not JSON. */
export function isUndefinedWord(bytes: Uint8Array, from: number, to: number): boolean {
  return isWord(bytes, from, to, 'undefined');
}

function isLiteral(bytes: Uint8Array, from: number, to: number): boolean {
  return (
    isWord(bytes, from, to, 'null') || isWord(bytes, from, to, 'true') || isWord(bytes, from, to, 'false')
  );
}

function isWord(bytes: Uint8Array, from: number, to: number, word: string): boolean {
  if (to - from !== word.length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[from + i] !== word.charCodeAt(i)) return false;
  return true;
}

/** Before parsing, so that no parser is asked to recurse as deep as the sender likes. */
function checkDepth(bytes: Uint8Array, from: number, to: number): void {
  let depth = 0;
  let quoted = false;
  for (let i = from; i < to; i++) {
    const byte = bytes[i];
    if (quoted) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) quoted = false;
    } else if (byte === 0x22) quoted = true;
    else if (byte === 0x7b || byte === 0x5b) {
      depth++;
      if (depth > limits.anyDepth) overLimit(`values nested deeper than ${limits.anyDepth}`);
    } else if (byte === 0x7d || byte === 0x5d) depth--;
  }
}

function checkKeys(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value) && Object.hasOwn(value, '__proto__')) malformed('a key named __proto__');
  for (const inner of Object.values(value)) checkKeys(inner);
}
