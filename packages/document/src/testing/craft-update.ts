import { ByteWriter, utf8Encode } from '@hearsay/core';

/** A struct written by hand: what Yjs writes, and everything it never would. */
export interface CraftedStruct {
  /** Content reference, the low five bits. Default 4, a string. */
  readonly kind?: number;
  /** Bits to set besides those that the other fields set. */
  readonly extraBits?: number;
  readonly origin?: readonly [client: number, clock: number];
  readonly rightOrigin?: readonly [client: number, clock: number];
  /** A root name or an item; written only when there is no origin. Default the root `text`. */
  readonly parent?: string | readonly [client: number, clock: number];
  readonly key?: string;
  /** Encoded content. Default the string `x`. */
  readonly content?: Uint8Array;
}

export interface CraftedSection {
  readonly client: number;
  readonly clock?: number;
  readonly structs: readonly CraftedStruct[];
}

export type CraftedDeletes = readonly (readonly [
  client: number,
  ...ranges: readonly (readonly [clock: number, length: number])[],
])[];

export function craftUpdate(sections: readonly CraftedSection[], deletes: CraftedDeletes = []): Uint8Array {
  const writer = new ByteWriter().varUint(sections.length);
  for (const { client, clock = 0, structs } of sections) {
    writer.varUint(structs.length).varUint(client).varUint(clock);
    for (const struct of structs) writeStruct(writer, struct);
  }
  writer.varUint(deletes.length);
  for (const [client, ...ranges] of deletes) {
    writer.varUint(client).varUint(ranges.length);
    for (const [clock, length] of ranges) writer.varUint(clock).varUint(length);
  }
  return writer.finish();
}

/** Content whose encoding is numbers and strings. */
export function content(...parts: readonly (number | string | Uint8Array)[]): Uint8Array {
  const writer = new ByteWriter();
  for (const part of parts) {
    if (typeof part === 'number') writer.varUint(part);
    else if (typeof part === 'string') writer.varString(part);
    else writer.bytes(part);
  }
  return writer.finish();
}

/** A struct of GC or skip: a kind and a length. */
export function collected(kind: 0 | 10, length: number): CraftedStruct {
  return { kind, content: content(length), parent: '' };
}

export function json(text: string): Uint8Array {
  return content(utf8Encode(text).byteLength, utf8Encode(text));
}

function writeStruct(writer: ByteWriter, struct: CraftedStruct): void {
  const { kind = 4, extraBits = 0, origin, rightOrigin, key, parent = 'text' } = struct;
  const isItem = kind !== 0 && kind !== 10;
  const bits = (origin ? 0x80 : 0) | (rightOrigin ? 0x40 : 0) | (key === undefined ? 0 : 0x20);
  writer.byte(kind | bits | extraBits);
  if (origin) writer.varUint(origin[0]).varUint(origin[1]);
  if (rightOrigin) writer.varUint(rightOrigin[0]).varUint(rightOrigin[1]);
  if (isItem && !origin && !rightOrigin) {
    if (typeof parent === 'string') writer.varUint(1).varString(parent);
    else writer.varUint(0).varUint(parent[0]).varUint(parent[1]);
    if (key !== undefined) writer.varString(key);
  }
  writer.bytes(struct.content ?? content('x'));
}
