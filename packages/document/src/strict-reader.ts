import { type DecodeError, err, limits, ok, type Result, type TaggedError, taggedError } from '@hearsay/core';

/** Why an update is refused. Only missing dependencies are worth another try, after a sync step. */
export type UpdateError = TaggedError<'UPDATE_MALFORMED' | 'UPDATE_LIMIT' | 'UPDATE_MISSING_DEPENDENCIES'>;

/** Ends a read; never leaves the package. */
export class UpdateFailure extends Error {
  readonly code: UpdateError['code'];

  constructor(code: UpdateError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

export function malformed(reason: string): never {
  throw new UpdateFailure('UPDATE_MALFORMED', reason);
}

export function overLimit(reason: string): never {
  throw new UpdateFailure('UPDATE_LIMIT', reason);
}

export function missing(reason: string): never {
  throw new UpdateFailure('UPDATE_MISSING_DEPENDENCIES', reason);
}

/** Runs `read` over all of `bytes`; trailing bytes are an error. */
export function decodeStrictly<T>(
  bytes: Uint8Array,
  read: (reader: StrictReader) => T,
): Result<T, DecodeError> {
  const reader = new StrictReader(bytes);
  try {
    const value = read(reader);
    reader.end();
    return ok(value);
  } catch (error) {
    if (!(error instanceof UpdateFailure)) throw error;
    return err(taggedError('DECODE_FAILED', `${error.message} at byte ${reader.offset}`));
  }
}

/**
 * Reads lib0 primitives and refuses every encoding that lib0 would not have written: one value, one encoding, so
 * that bytes cannot vary without meaning. Allocates nothing on its way.
 */
export class StrictReader {
  readonly input: Uint8Array;
  readonly #size: number;
  offset = 0;
  /** Where the content of the last {@link string} begins. */
  stringStart = 0;

  constructor(bytes: Uint8Array) {
    this.input = bytes;
    this.#size = bytes.byteLength;
  }

  end(): void {
    if (this.offset < this.#size) malformed(`${this.#size - this.offset} trailing bytes`);
  }

  byte(): number {
    if (this.offset >= this.#size) malformed('unexpected end');
    return this.input[this.offset++] as number;
  }

  varUint(): number {
    let byte = this.byte();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let factor = 0x80; factor <= 0x2_0000_0000_0000; factor *= 0x80) {
      byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (byte === 0) malformed('a number longer than it needs');
        if (value > Number.MAX_SAFE_INTEGER) malformed('number out of range');
        return value;
      }
    }
    return malformed('number too long');
  }

  varInt(): void {
    let byte = this.byte();
    if (byte < 0x80) return;
    let value = byte & 0x3f;
    for (let factor = 0x40; factor <= 0x1_0000_0000_0000; factor *= 0x80) {
      byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (byte === 0) malformed('a number longer than it needs');
        if (value > Number.MAX_SAFE_INTEGER) malformed('number out of range');
        return;
      }
    }
    malformed('number too long');
  }

  pass(count: number): void {
    if (count > this.#size - this.offset) malformed('unexpected end');
    this.offset += count;
  }

  varBytes(): void {
    this.pass(this.varUint());
  }

  /** Passes over a string of well-formed UTF-8 and gives its length in UTF-16 units, which is what Yjs counts. */
  string(): number {
    const bytes = this.varUint();
    this.stringStart = this.offset;
    this.pass(bytes);
    return utf16Length(this.input, this.stringStart, this.offset);
  }

  /** A string that will name a property somewhere: `__proto__` would change the prototype there. */
  key(): void {
    this.string();
    if (isProto(this.input, this.stringStart, this.offset)) malformed('a key named __proto__');
  }

  /** A value in lib0's `Any` encoding. */
  any(depth = 0): void {
    switch (this.byte()) {
      case 127: // undefined
      case 126: // null
      case 121: // false
      case 120: // true
        return;
      case 125:
        this.varInt();
        return;
      case 124: // float32
        this.pass(4);
        return;
      case 123: // float64
      case 122: // bigint
        this.pass(8);
        return;
      case 119:
        this.string();
        return;
      case 118: {
        if (depth >= limits.anyDepth) overLimit(`values nested deeper than ${limits.anyDepth}`);
        for (let rest = this.varUint(); rest > 0; rest--) {
          this.key();
          this.any(depth + 1);
        }
        return;
      }
      case 117: {
        if (depth >= limits.anyDepth) overLimit(`values nested deeper than ${limits.anyDepth}`);
        for (let rest = this.varUint(); rest > 0; rest--) this.any(depth + 1);
        return;
      }
      case 116:
        this.varBytes();
        return;
      default:
        malformed('unknown type of value');
    }
  }
}

/** UTF-16 length of well-formed UTF-8 in [from, to), by the table of Unicode 15, 3.9. */
function utf16Length(bytes: Uint8Array, from: number, to: number): number {
  let i = from;
  // Bytes that are not a unit of their own: all of a character's but one, or but two where it is a surrogate pair.
  let surplus = 0;
  for (;;) {
    while (i < to && (bytes[i] as number) < 0x80) i++;
    if (i >= to) return to - from - surplus;
    const lead = bytes[i] as number;
    if (lead < 0xc2 || lead > 0xf4) malformed('not UTF-8');
    const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (i + length > to) malformed('not UTF-8');
    const second = bytes[i + 1] as number;
    const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high) malformed('not UTF-8');
    for (let k = 2; k < length; k++) {
      if (((bytes[i + k] as number) & 0xc0) !== 0x80) malformed('not UTF-8');
    }
    i += length;
    surplus += length === 4 ? 2 : length - 1;
  }
}

const proto = Uint8Array.from('__proto__', (character) => character.charCodeAt(0));

function isProto(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== proto.byteLength) return false;
  for (let i = 0; i < proto.byteLength; i++) if (bytes[from + i] !== proto[i]) return false;
  return true;
}
