import { failDecode } from '@hearsay/core';

/** Levels of arrays in one message: the deepest of ours has six. */
const maxDepth = 12;

/**
 * Walks over one MessagePack value before it is built, and fails on what no message of ours holds: maps, extensions,
 * negative and 64 bit integers, deep nesting, and lengths beyond the bytes there are. What a decoder allocates is
 * thereby bounded by what was really sent. To be called inside `decode`.
 */
export function guardMsgpack(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;
  // Values still expected in each open array.
  const open: number[] = [1];
  const take = (count: number): number => {
    const start = offset;
    if (count > bytes.byteLength - start) failDecode('value is cut short');
    offset += count;
    return start;
  };
  const enter = (count: number): void => {
    if (count > bytes.byteLength - offset) failDecode('array is longer than its message');
    if (open.length >= maxDepth) failDecode('arrays are nested too deeply');
    open.push(count);
  };
  while (open.length > 0) {
    const expected = open.at(-1) as number;
    if (expected === 0) {
      open.pop();
      continue;
    }
    open[open.length - 1] = expected - 1;
    const tag = view.getUint8(take(1));
    if (tag <= 0x7f || tag === nil || tag === falseTag || tag === trueTag) continue;
    if (tag >= 0x90 && tag <= 0x9f) enter(tag & 0x0f);
    else if (tag >= 0xa0 && tag <= 0xbf) take(tag & 0x1f);
    else if (tag === 0xc4 || tag === 0xd9) take(view.getUint8(take(1)));
    else if (tag === 0xc5 || tag === 0xda) take(view.getUint16(take(2)));
    else if (tag === 0xc6 || tag === 0xdb) take(view.getUint32(take(4)));
    else if (tag === 0xdc) enter(view.getUint16(take(2)));
    else if (tag === 0xdd) enter(view.getUint32(take(4)));
    else if (tag === 0xcc) take(1);
    else if (tag === 0xcd) take(2);
    else if (tag === 0xce) take(4);
    else if (tag === 0xcb) take(8);
    else failDecode(`MessagePack tag 0x${tag.toString(16)} is not used here`);
  }
  if (offset !== bytes.byteLength) failDecode(`${bytes.byteLength - offset} trailing bytes`);
}

const nil = 0xc0;
const falseTag = 0xc2;
const trueTag = 0xc3;
