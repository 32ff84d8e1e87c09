/** A value, or an error the caller is expected to handle. Our own bugs throw instead. */
export type Result<T, E> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

/**
 * An expected failure. `code` is stable and documented; `retry` says whether the same call may succeed later
 * with nothing changed by the caller; `message` says what to do.
 */
export interface TaggedError<Code extends string = string> {
  readonly code: Code;
  readonly message: string;
  readonly retry: boolean;
}

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function err<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}

/** Builds a {@link TaggedError}; not retryable unless told. */
export function taggedError<Code extends string>(
  code: Code,
  message: string,
  retry = false,
): TaggedError<Code> {
  return { code, message, retry };
}

/** For switches over closed unions: a case that cannot be reached when the types are right. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
