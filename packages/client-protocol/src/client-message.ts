import { type ByteReader, failDecode, type Life } from '@hearsay/core';
import { type AwarenessEntry, decodeAwareness } from './awareness.ts';
import type { WantedLevel } from './session.ts';
import type { SyncMessage } from './sync-message.ts';

/** What a client says on a channel, whatever its dialect. */
export type ClientMessage =
  | { readonly type: 'sync'; readonly message: SyncMessage }
  | { readonly type: 'awareness'; readonly entries: readonly AwarenessEntry[] }
  | { readonly type: 'queryAwareness' }
  | { readonly type: 'stateless'; readonly payload: string }
  | { readonly type: 'token'; readonly token: string }
  | { readonly type: 'leave' }
  /** Hearsay's own client: which life of the document its copy is of; 0: of none that it knows. */
  | { readonly type: 'greet'; readonly life: Life }
  | ({ readonly type: 'want' } & WantedLevel);

/** The body of an awareness message, in both dialects. Ends the surrounding `decode` on anything malformed. */
export function readAwareness(reader: ByteReader): ClientMessage {
  const entries = decodeAwareness(reader.varBytes());
  return entries.ok ? { type: 'awareness', entries: entries.value } : failDecode(entries.error.message);
}
