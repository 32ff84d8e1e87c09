import { ByteWriter, emptyBytes } from '@hearsay/core';
import { contentKind } from './content.ts';
import { StrictReader } from './strict-reader.ts';
import { absent, StructReader } from './struct-reader.ts';

/** Part of a struct, encoded as a struct of its own. */
export interface StructSlice {
  readonly bytes: Uint8Array;
  /** Offset after the whole struct in the update it came from. */
  readonly end: number;
}

/**
 * Clocks [from, to) of the struct at offset `start`, counted from its first one; `to` beyond its length means all of
 * the rest. As in Yjs, the later part has the clock before it as its origin, and half of a surrogate pair becomes
 * U+FFFD. Only structs longer than one clock can be divided.
 */
export function sliceStruct(
  update: Uint8Array,
  start: number,
  client: number,
  clock: number,
  from: number,
  to: number = Number.MAX_SAFE_INTEGER,
): StructSlice {
  const reader = new StructReader(update);
  reader.seek(client, clock, start);
  reader.next();
  const end = Math.min(to, reader.length);
  const writer = new ByteWriter(reader.end - reader.start + 32);
  if (reader.kind === contentKind.gc) {
    writer.byte(reader.info).varUint(end - from);
  } else {
    writeHead(writer, update, reader, from);
    writeContent(writer, update, reader, from, end);
  }
  return { bytes: writer.finish(), end: reader.end };
}

/**
 * The struct at offset `start` in parts whose content takes at most about `maxBytes` each, never cutting a surrogate
 * pair. One part when it cannot be divided.
 */
export function divideStruct(
  update: Uint8Array,
  start: number,
  client: number,
  clock: number,
  maxBytes: number,
): { readonly clock: number; readonly bytes: Uint8Array }[] {
  const struct = new StructReader(update);
  struct.seek(client, clock, start);
  struct.next();
  const parts: { clock: number; bytes: Uint8Array }[] = [];
  for (const piece of pieces(update, struct, maxBytes)) {
    const writer = new ByteWriter(piece.bytes.byteLength + 32);
    writeHead(writer, update, struct, piece.from);
    writer.varUint(piece.count).bytes(piece.bytes);
    parts.push({ clock: clock + piece.from, bytes: writer.finish() });
  }
  if (parts.length === 0) parts.push({ clock, bytes: update.subarray(start, struct.end) });
  return parts;
}

interface Piece {
  /** Clocks from the struct's first. */
  readonly from: number;
  /** What its content begins with: bytes of a string, elements of a list. */
  readonly count: number;
  readonly bytes: Uint8Array;
}

function* pieces(update: Uint8Array, struct: StructReader, maxBytes: number): Generator<Piece> {
  if (!divisible.has(struct.kind)) return;
  const isText = struct.kind === contentKind.string;
  const reader = new StrictReader(update);
  reader.offset = struct.contentStart;
  reader.varUint();
  let start = reader.offset;
  let from = 0;
  let units = 0;
  const piece = (end: number): Piece => ({
    from,
    count: isText ? end - start : units - from,
    bytes: update.subarray(start, end),
  });
  while (reader.offset < struct.end) {
    const before = reader.offset;
    const step = passElement(reader, struct.kind);
    if (reader.offset - start > maxBytes && before > start) {
      yield piece(before);
      start = before;
      from = units;
    }
    units += step;
  }
  yield piece(reader.offset);
}

const divisible: ReadonlySet<number> = new Set([contentKind.string, contentKind.any, contentKind.json]);

/** Passes a character or a value and gives its length in clocks. */
function passElement(reader: StrictReader, kind: number): number {
  if (kind === contentKind.any) reader.any();
  else if (kind === contentKind.json) reader.string();
  else {
    const length = characterBytes(reader.byte());
    reader.pass(length - 1);
    return length === 4 ? 2 : 1;
  }
  return 1;
}

const originBit = 0x80;

function writeHead(writer: ByteWriter, update: Uint8Array, reader: StructReader, from: number): void {
  if (from === 0) {
    writer.bytes(update.subarray(reader.start, reader.contentStart));
    return;
  }
  writer
    .byte(reader.info | originBit)
    .varUint(reader.client)
    .varUint(reader.clock + from - 1);
  if (reader.rightClient !== absent) writer.varUint(reader.rightClient).varUint(reader.rightClock);
}

function writeContent(
  writer: ByteWriter,
  update: Uint8Array,
  struct: StructReader,
  from: number,
  to: number,
): void {
  const reader = new StrictReader(update);
  reader.offset = struct.contentStart;
  switch (struct.kind) {
    case contentKind.deleted:
      writer.varUint(to - from);
      return;
    case contentKind.string: {
      reader.string();
      writer.varBytes(sliceText(update.subarray(reader.stringStart, reader.offset), from, to));
      return;
    }
    case contentKind.any:
    case contentKind.json: {
      reader.varUint();
      const skip = (count: number): number => {
        for (let rest = count; rest > 0; rest--) {
          if (struct.kind === contentKind.any) reader.any();
          else reader.string();
        }
        return reader.offset;
      };
      writer.varUint(to - from).bytes(update.subarray(skip(from), skip(to - from)));
      return;
    }
    default:
      if (from !== 0 || to !== 1) throw new RangeError('content of one clock cannot be divided');
      writer.bytes(update.subarray(struct.contentStart, struct.end));
  }
}

const replacement = Uint8Array.of(0xef, 0xbf, 0xbd);

/** UTF-16 units [from, to) of well-formed UTF-8. */
function sliceText(text: Uint8Array, from: number, to: number): Uint8Array {
  const writer = new ByteWriter(text.byteLength + 6);
  const first = seekUnit(text, from, 0, 0);
  const last = seekUnit(text, to, first.offset, first.unit);
  writer.bytes(first.unit > from ? replacement : emptyBytes);
  if (last.unit > to) {
    // The character at the end was passed whole: leave out its four bytes.
    writer.bytes(text.subarray(first.offset, last.offset - 4)).bytes(replacement);
  } else writer.bytes(text.subarray(first.offset, last.offset));
  return writer.finish();
}

/** Passes whole characters until at least `target` units are behind. */
function seekUnit(
  text: Uint8Array,
  target: number,
  fromOffset: number,
  fromUnit: number,
): { readonly offset: number; readonly unit: number } {
  let offset = fromOffset;
  let unit = fromUnit;
  while (unit < target && offset < text.byteLength) {
    const length = characterBytes(text[offset] as number);
    offset += length;
    unit += length === 4 ? 2 : 1;
  }
  return { offset, unit };
}

function characterBytes(lead: number): number {
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}
