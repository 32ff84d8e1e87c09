import { type DecodeError, decode, failDecode, type Result } from '@hearsay/core';
import { Packr } from 'msgpackr';
import type { Field } from './field.ts';
import { guardMsgpack } from './msgpack-guard.ts';

// Plain MessagePack: no records, no extension types, nothing that another implementation would not read.
const packr = new Packr({
  useRecords: false,
  structuredClone: false,
  moreTypes: false,
  bundleStrings: false,
});

/** A value as MessagePack bytes, valid until the next call: copy what is kept. */
export function packValue<T>(field: Pick<Field<T>, 'pack'>, value: T): Uint8Array {
  return packr.pack(field.pack(value));
}

/** Byte fields are views into `bytes`. */
export function unpackValue<T>(field: Pick<Field<T>, 'unpack'>, bytes: Uint8Array): Result<T, DecodeError> {
  return decode(bytes, (reader) => {
    const body = reader.rest();
    guardMsgpack(body);
    let raw: unknown;
    try {
      raw = packr.unpack(body);
    } catch {
      return failDecode('not MessagePack');
    }
    return field.unpack(raw);
  });
}
