import type { Result } from '@hearsay/core';
import { admitUpdate } from '../admit.ts';
import { emptyVersion, type Version } from '../version.ts';

/** What a store would keep of the updates it was sent. */
export interface Log {
  readonly version: Version;
  /** Only what was new in each, in the order of admission. */
  readonly updates: readonly Uint8Array[];
}

/** Admits updates in any order: those that lack something are tried again after the others. */
export function admitAll(updates: readonly Uint8Array[], known: Version = emptyVersion): Log {
  let version = known;
  const admitted: Uint8Array[] = [];
  let waiting = updates;
  while (waiting.length > 0) {
    const later: Uint8Array[] = [];
    for (const update of waiting) {
      const admission = admitUpdate(update, version);
      if (!admission.ok && admission.error.retry) later.push(update);
      else {
        const value = unwrap(admission);
        if (value.kind === 'known') continue;
        version = value.version;
        admitted.push(value.update);
      }
    }
    if (later.length === waiting.length) throw new Error('updates that lack something for ever');
    waiting = later;
  }
  return { version, updates: admitted };
}

/** The value, or a throw that says what was wrong. */
export function unwrap<T>(result: Result<T, { readonly code: string; readonly message: string }>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

/** The code with which an update is refused; `known` or `novel` when it is not. */
export function verdict(update: Uint8Array, known: Version = emptyVersion): string {
  const admission = admitUpdate(update, known);
  return admission.ok ? admission.value.kind : admission.error.code;
}
