import { toHex, utf8Encode } from './bytes.ts';
import { tuple } from './codec.ts';
import { sha256 } from './hash.ts';
import { limits } from './limits.ts';
import { err, ok, type Result, type TaggedError, taggedError } from './result.ts';

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Identity of a store on disk: 128 random bits as 32 hexadecimal digits, made with the store. */
export type ReplicaId = Brand<string, 'ReplicaId'>;
/** SHA-256 over collection and name, first 128 bits as 32 hexadecimal digits. */
export type DocumentKey = Brand<string, 'DocumentKey'>;
/** A truncated SHA-256 with a domain, 32 hexadecimal digits. */
export type Digest = Brand<string, 'Digest'>;
/** Which incarnation of a document's name: 1 for the first, raised when a deleted name is created anew. */
export type Life = number;

/** A document as users name it. Both parts are valid by {@link documentId}. */
export interface DocumentId {
  readonly collection: string;
  readonly name: string;
}

export type NameError = TaggedError<'NAME_INVALID'>;

/** All zero: the digest of nothing. */
export const emptyDigest: Digest = '0'.repeat(32) as Digest;

// Control characters, bidirectional controls, line and paragraph separators.
const forbidden = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/u;

/**
 * Normalises (NFC) and checks a name once, at the edge. Well-formed Unicode only: names that differ in lone
 * surrogates share a LevelDB key.
 */
export function documentId(collection: string, name: string): Result<DocumentId, NameError> {
  const checkedCollection = checkName('collection', collection, limits.collectionNameBytes);
  if (!checkedCollection.ok) return checkedCollection;
  const checkedName = checkName('document', name, limits.documentNameBytes);
  if (!checkedName.ok) return checkedName;
  return ok({ collection: checkedCollection.value, name: checkedName.value });
}

/** The name of a collection, as {@link documentId} has it. */
export function collectionName(raw: string): Result<string, NameError> {
  return checkName('collection', raw, limits.collectionNameBytes);
}

/** Normalises and checks what document names are to begin with, or to come after; nothing is enough of it. */
export function namePrefix(raw: string): Result<string, NameError> {
  // A letter that composes with nothing: of the last segment more may follow.
  const checked = checkName('document', `${raw}x`, limits.documentNameBytes + 1);
  return checked.ok ? ok(checked.value.slice(0, -1)) : checked;
}

export function documentKey(id: DocumentId): DocumentKey {
  const digest = sha256(tuple(utf8Encode('hearsay/key/1'), utf8Encode(id.collection), utf8Encode(id.name)));
  return toHex(digest.subarray(0, 16)) as DocumentKey;
}

export function isReplicaId(value: string): value is ReplicaId {
  return /^[0-9a-f]{32}$/.test(value);
}

function checkName(kind: string, raw: string, maxBytes: number): Result<string, NameError> {
  const refuse = (why: string): { readonly ok: false; readonly error: NameError } =>
    err(taggedError('NAME_INVALID', `${kind} name ${why}`));
  if (!raw.isWellFormed()) return refuse('is not well-formed Unicode');
  const name = raw.normalize('NFC');
  if (name.trim() === '') return refuse('is empty');
  if (utf8Encode(name).byteLength > maxBytes) return refuse(`is longer than ${maxBytes} bytes of UTF-8`);
  if (forbidden.test(name)) return refuse('has control characters');
  if (name.split('/').some((segment) => segment === '.' || segment === '..')) {
    return refuse('has a "." or ".." segment');
  }
  return ok(name);
}
