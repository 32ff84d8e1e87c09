import { type TaggedError, taggedError } from '@hearsay/core';

/** Why a write was not stored. */
export type SubmitError = TaggedError<
  | 'UPDATE_MALFORMED'
  | 'UPDATE_LIMIT'
  | 'UPDATE_MISSING_DEPENDENCIES'
  | 'LIFE_ENDED'
  | 'LIFE_UNKNOWN'
  | 'NOT_PERMITTED'
  | 'DOCUMENT_DAMAGED'
  | 'DOCUMENT_FULL'
  | WriteFailure['code']
>;

/**
 * Why a batch was not written. `STORE_UNAVAILABLE` and `DISK_STALLED` leave open whether it was: the same change may be found
 * after the store has recovered.
 */
export type WriteFailure = TaggedError<'STORE_UNAVAILABLE' | 'DISK_FULL' | 'DISK_STALLED' | 'STORE_BUSY'>;

/** Why a deleted document was not brought back. */
export type UndeleteError = SubmitError | TaggedError<'NOT_KEPT'>;

export type ReadError = TaggedError<'DOCUMENT_DAMAGED'>;

/** Why a store was not opened. */
export type OpenError = TaggedError<
  | 'DIRECTORY_UNWRITABLE'
  | 'STORE_LOCKED'
  | 'STORE_MISSING'
  | 'STORE_EMPTY'
  | 'STORE_SHRUNK'
  | 'STORE_TAIL_LOST'
  | 'STORE_OUTDATED'
  | 'STORE_MISMATCH'
  | 'STORE_CORRUPT'
  | 'STORE_UNREADABLE'
  | 'CLUSTER_MISMATCH'
  | 'FORMAT_UNSUPPORTED'
  | 'SENTINEL_DAMAGED'
>;

/** Thrown by calls on a store that is closed or has lost data. */
export class StoreGoneError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'StoreGoneError';
    this.code = code;
  }
}

export function clientIdTaken(client: number): TaggedError<'NOT_PERMITTED'> {
  return taggedError(
    'NOT_PERMITTED',
    `client id ${client} belongs to another user; what is new under it is not taken from this one`,
  );
}

export function documentFull(maxBytes: number): TaggedError<'DOCUMENT_FULL'> {
  return taggedError('DOCUMENT_FULL', `the document has ${maxBytes} bytes; what is deleted makes room`);
}

export function lifeEnded(life: number): TaggedError<'LIFE_ENDED'> {
  return taggedError('LIFE_ENDED', `life ${life} of the document is over; a new one must be begun expressly`);
}

/** It may be known later: others are ahead, or the end of the life before has not been heard of yet. */
export function lifeUnknown(life: number): TaggedError<'LIFE_UNKNOWN'> {
  return taggedError(
    'LIFE_UNKNOWN',
    `the life before life ${life} of the document is not known to be over`,
    true,
  );
}

export function lifeOutOfRange(): TaggedError<'UPDATE_LIMIT'> {
  return taggedError('UPDATE_LIMIT', 'a life out of range');
}

export function notKept(why: string): TaggedError<'NOT_KEPT'> {
  return taggedError('NOT_KEPT', `the document cannot be brought back: ${why}`);
}

export function documentDamaged(reason: string): TaggedError<'DOCUMENT_DAMAGED'> {
  return taggedError(
    'DOCUMENT_DAMAGED',
    `the copy here is damaged (${reason}); it is fetched from peers`,
    true,
  );
}

export function storeUnavailable(): WriteFailure {
  return taggedError('STORE_UNAVAILABLE', 'the store could not write and recovers; try again', true);
}

export function diskFull(): WriteFailure {
  return taggedError('DISK_FULL', 'no space left on the disk; writing resumes by itself when there is', true);
}

export function diskStalled(): WriteFailure {
  return taggedError(
    'DISK_STALLED',
    'the disk does not answer; writing resumes by itself when it does',
    true,
  );
}

export function storeBusy(): WriteFailure {
  return taggedError('STORE_BUSY', 'too much waits to be written; try again', true);
}

/** Whether a database error says that the disk, or the owner's share of it, is full. */
export function isDiskFull(error: unknown): boolean {
  return errorChain(error).some(
    ({ code, message }) =>
      code === 'ENOSPC' || code === 'EDQUOT' || /no space left|ENOSPC|quota exceeded/i.test(message),
  );
}

/** Whether a database error says that nobody, or not this user, may write there any more. */
export function isUnwritable(error: unknown): boolean {
  return errorChain(error).some(
    ({ code, message }) =>
      ['EROFS', 'EACCES', 'EPERM'].includes(code ?? '') ||
      /read-only file system|permission denied|operation not permitted/i.test(message),
  );
}

/** Codes of an error and of its causes: `classic-level` wraps LevelDB's in its own. */
export function errorCodes(error: unknown): readonly string[] {
  return errorChain(error).flatMap(({ code }) => (code === undefined ? [] : [code]));
}

function errorChain(error: unknown): { readonly code: string | undefined; readonly message: string }[] {
  const chain: { code: string | undefined; message: string }[] = [];
  let next = error;
  while (next instanceof Error && chain.length < 8) {
    chain.push({ code: 'code' in next ? String(next.code) : undefined, message: next.message });
    next = next.cause;
  }
  return chain;
}
