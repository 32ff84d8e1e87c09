import { utf8Decode, utf8Encode } from './bytes.ts';
import { err, ok, type Result, type TaggedError, taggedError } from './result.ts';

/** Bytes from disk, network or users did not have the shape they should. */
export type DecodeError = TaggedError<'DECODE_FAILED'>;

class DecodeFailure extends Error {}

/** Reports malformed input from inside {@link decode}; never escapes it. */
export function failDecode(reason: string): never {
  throw new DecodeFailure(reason);
}

/** Appends lib0-compatible primitives (varUint, varString, varBytes) to a growing buffer. */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  byte(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  /** A non-negative safe integer, base 128, least significant group first. */
  varUint(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a varUint: ${value}`);
    this.#reserve(8);
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = 0x80 | (rest % 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
    return this;
  }

  bytes(value: Uint8Array): this {
    this.#reserve(value.byteLength);
    this.#bytes.set(value, this.#length);
    this.#length += value.byteLength;
    return this;
  }

  varBytes(value: Uint8Array): this {
    return this.varUint(value.byteLength).bytes(value);
  }

  varString(value: string): this {
    return this.varBytes(utf8Encode(value));
  }

  /** A copy of what has been written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** What has been written, without a copy: nothing more is to be written then. */
  take(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.byteLength) return;
    const grown = new Uint8Array(Math.max(this.#bytes.byteLength * 2, this.#length + count));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** Reads lib0-compatible primitives; anything malformed ends the surrounding {@link decode}. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.byteLength - this.#offset;
  }

  byte(): number {
    const value = this.#bytes[this.#offset];
    if (value === undefined) failDecode('unexpected end');
    this.#offset++;
    return value as number;
  }

  varUint(max: number = Number.MAX_SAFE_INTEGER): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const next = this.byte();
      value += (next & 0x7f) * factor;
      if (value > max) failDecode(`number above ${max}`);
      if (next < 0x80) return value;
      factor *= 0x80;
      if (factor > Number.MAX_SAFE_INTEGER) failDecode('number too long');
    }
  }

  /** A view, not a copy. */
  bytes(count: number): Uint8Array {
    if (count > this.remaining) failDecode('unexpected end');
    const view = this.#bytes.subarray(this.#offset, this.#offset + count);
    this.#offset += count;
    return view;
  }

  varBytes(max: number = Number.MAX_SAFE_INTEGER): Uint8Array {
    return this.bytes(this.varUint(max));
  }

  varString(maxBytes: number = Number.MAX_SAFE_INTEGER): string {
    const bytes = this.varBytes(maxBytes);
    try {
      return utf8Decode(bytes);
    } catch {
      return failDecode('not UTF-8');
    }
  }

  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }
}

/** Runs `read` over all of `bytes`; trailing bytes are an error. */
export function decode<T>(bytes: Uint8Array, read: (reader: ByteReader) => T): Result<T, DecodeError> {
  const reader = new ByteReader(bytes);
  try {
    const value = read(reader);
    if (reader.remaining > 0) failDecode(`${reader.remaining} trailing bytes`);
    return ok(value);
  } catch (error) {
    if (error instanceof DecodeFailure) {
      return err(taggedError('DECODE_FAILED', `${error.message} at byte ${reader.offset}`));
    }
    throw error;
  }
}

/** Length-prefixed concatenation: no two different lists of parts give the same bytes. */
export function tuple(...parts: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter(parts.reduce((sum, part) => sum + part.byteLength + 2, 0));
  for (const part of parts) writer.varBytes(part);
  return writer.finish();
}
