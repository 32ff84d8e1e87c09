/**
 * - `REFUSED`: the server does not take it: the message says why.
 * - `READ_ONLY`: this client may read the document, and not write it.
 * - `NO_LEVELS`: the server knows no level beyond its own disk.
 * - `RESET`: the document was deleted or created anew; the copy here is kept aside.
 * - `CLOSED`: the provider was destroyed.
 * - `ABORTED`: by the caller's signal.
 */
export type ProviderErrorCode = 'REFUSED' | 'READ_ONLY' | 'NO_LEVELS' | 'RESET' | 'CLOSED' | 'ABORTED';

/** Why something that was waited for will not come. */
export class ProviderError extends Error {
  readonly code: ProviderErrorCode;

  constructor(code: ProviderErrorCode, message: string) {
    super(message);
    this.name = 'ProviderError';
    this.code = code;
  }
}
