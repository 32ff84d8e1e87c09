import { failDecode, fromHex, toHex, utf8Encode } from '@hearsay/core';

/** How one value travels: its MessagePack form, its check, and its shape in words, from one source. */
export interface Field<T> {
  /** Part of the schema that the protocol version pins. */
  readonly shape: string;
  /** Came with a later version, at the end of its record: nodes before it leave it out, and it is then read as undefined. */
  readonly isLater?: boolean;
  pack(value: T): unknown;
  /** Fails the surrounding `decode` on anything that is not exactly this. */
  unpack(raw: unknown): T;
}

/** A field for every property of `T`, in the order in which they travel. */
export type Fields<T> = { readonly [Name in keyof T]-?: Field<T[Name]> };

/** A whole number from 0 to `max`. */
export function uint(max: number = Number.MAX_SAFE_INTEGER): Field<number> {
  return {
    shape: max === Number.MAX_SAFE_INTEGER ? 'uint' : `uint<=${max}`,
    pack: (value) => value,
    unpack: (raw) =>
      typeof raw === 'number' && Number.isSafeInteger(raw) && raw >= 0 && raw <= max
        ? raw
        : failDecode(`not a whole number up to ${max}`),
  };
}

export const boolean: Field<boolean> = {
  shape: 'boolean',
  pack: (value) => value,
  unpack: (raw) => (typeof raw === 'boolean' ? raw : failDecode('not a boolean')),
};

/** Well-formed Unicode of at most `maxBytes` bytes of UTF-8. */
export function text(maxBytes: number): Field<string> {
  return {
    shape: `text<=${maxBytes}`,
    pack: (value) => value,
    unpack: (raw) => {
      if (typeof raw !== 'string' || !raw.isWellFormed()) return failDecode('not text');
      // A character takes at most three bytes for each UTF-16 unit: most strings need no count.
      if (raw.length * 3 > maxBytes && utf8Encode(raw).byteLength > maxBytes) failDecode('text is too long');
      return raw;
    },
  };
}

/** At most `maxBytes` bytes: a view into the message, not a copy. */
export function bytes(maxBytes: number): Field<Uint8Array> {
  return {
    shape: `bytes<=${maxBytes}`,
    pack: (value) => value,
    unpack: (raw) => {
      if (!(raw instanceof Uint8Array)) return failDecode('not bytes');
      if (raw.byteLength > maxBytes) failDecode('too many bytes');
      // msgpackr hands out `Buffer`s, whose `slice` is not a copy.
      return new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength);
    },
  };
}

/** `count` bytes on the wire, lower-case hexadecimal here: keys, digests, replica ids. */
export function hex<T extends string>(count: number): Field<T> {
  return {
    shape: `hex${count}`,
    pack: (value) => fromHex(value),
    unpack: (raw) =>
      raw instanceof Uint8Array && raw.byteLength === count
        ? (toHex(raw) as T)
        : failDecode(`not ${count} bytes`),
  };
}

/** One of a few words; travels as its position. */
export function word<const T extends string>(words: readonly T[]): Field<T> {
  return {
    shape: words.join('|'),
    pack: (value) => words.indexOf(value),
    unpack: (raw) => {
      const value = typeof raw === 'number' ? words[raw] : undefined;
      return value === undefined ? failDecode(`none of ${words.join(', ')}`) : value;
    },
  };
}

export function nullable<T>(field: Field<T>): Field<T | null> {
  return {
    shape: `${field.shape}?`,
    pack: (value) => (value === null ? null : field.pack(value)),
    unpack: (raw) => (raw === null ? null : field.unpack(raw)),
  };
}

/** A nullable field that came with a later version: null from nodes before it. */
export function later<T>(field: Field<T>): Field<T | null> {
  const { shape, pack, unpack } = nullable(field);
  return {
    shape: `${shape}+`,
    isLater: true,
    pack,
    unpack: (raw) => (raw === undefined ? null : unpack(raw)),
  };
}

export function list<T>(field: Field<T>, max: number): Field<readonly T[]> {
  return {
    shape: `[${field.shape}]<=${max}`,
    pack: (values) => values.map((value) => field.pack(value)),
    unpack: (raw) => {
      if (!Array.isArray(raw)) return failDecode('not a list');
      if (raw.length > max) failDecode(`more than ${max} items`);
      return raw.map((item) => field.unpack(item));
    },
  };
}

/** An array with one element for each property. Elements beyond are a later version's and ignored. */
export function record<T extends object>(fields: Fields<T>): Field<T> {
  const entries = Object.entries<Field<unknown>>(fields as Record<string, Field<unknown>>);
  const required = entries.filter(([, { isLater }]) => isLater !== true).length;
  return {
    shape: `{${entries.map(([name, field]) => `${name}:${field.shape}`).join(',')}}`,
    pack: (value) => entries.map(([name, field]) => field.pack((value as Record<string, unknown>)[name])),
    unpack: (raw) => {
      if (!Array.isArray(raw)) return failDecode('not a record');
      if (raw.length < required) failDecode('record has too few fields');
      return Object.fromEntries(entries.map(([name, field], index) => [name, field.unpack(raw[index])])) as T;
    },
  };
}

/** One of several records told apart by `kind`, which travels as the position of its case. */
export function variant<T extends { readonly kind: string }>(
  cases: {
    readonly [Kind in T['kind']]: Fields<Omit<Extract<T, { readonly kind: Kind }>, 'kind'>>;
  },
): Field<T> {
  const kinds = Object.entries<Fields<object>>(cases).map(([kind, fields]) => ({
    kind,
    body: record(fields),
  }));
  return {
    shape: kinds.map(({ kind, body }) => `${kind}${body.shape}`).join('|'),
    pack: (value) => {
      const index = kinds.findIndex(({ kind }) => kind === value.kind);
      return [index, kinds[index]?.body.pack(value)];
    },
    unpack: (raw) => {
      const [index, body] = Array.isArray(raw) && raw.length === 2 ? raw : [];
      const found = typeof index === 'number' ? kinds[index] : undefined;
      if (found === undefined) return failDecode('unknown kind');
      return { kind: found.kind, ...found.body.unpack(body) } as unknown as T;
    },
  };
}
