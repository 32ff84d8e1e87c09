/**
 * What is known about a document and its server, as a value.
 * - `offline`: no connection; tried again with growing pauses, and at once when the network comes back.
 * - `connecting`: a server is being called, or has not said whether it lets this client in.
 * - `catching-up`: it does; what others did meanwhile is on its way.
 * - `live`: what others do is seen here as it happens, and edits go out as they are made.
 * - `read-only`: as `live`, but edits stay here.
 * - `refused`: the server does not want this client, or not this document of it. Nothing is tried until `connect()`.
 */
export type ProviderState =
  | { readonly name: 'offline'; readonly reason: string | null }
  | { readonly name: 'connecting' | 'catching-up' | 'live' | 'read-only' }
  | { readonly name: 'refused'; readonly code: string; readonly reason: string };

/** Whether all that the server had when it was asked has arrived. */
export function isSynced({ name }: ProviderState): boolean {
  return name === 'live' || name === 'read-only';
}

/** The three words of y-websocket for it. */
export function statusOf({ name }: ProviderState): 'connected' | 'connecting' | 'disconnected' {
  if (name === 'offline' || name === 'refused') return 'disconnected';
  return name === 'connecting' ? 'connecting' : 'connected';
}
