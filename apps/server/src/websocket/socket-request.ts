import type { IncomingHttpHeaders } from 'node:http';
import { closeCodes, type SocketRequest } from '@hearsay/client-protocol';
import { documentId, err, ok, type Result } from '@hearsay/core';

/** Where documents live when a client names no collection. */
export const defaultCollection = 'default';

/** What a client asked for in the URL of its socket; refused with the close code for it. */
export function socketRequest(
  url: string,
  from: TokenSources = { authorization: undefined, protocols: undefined, inUrl: false },
): Result<SocketRequest, { readonly closeCode: number; readonly message: string }> {
  const [path = '', query = ''] = splitOnce(url, '?');
  const name = decodeName(path.slice(1));
  const parameters = new URLSearchParams(query);
  const collection = parameters.get('collection') ?? defaultCollection;
  const token = tokenOf(from) ?? (from.inUrl ? parameters.get('token') : null);
  // A Hocuspocus socket names its documents in its frames, so none here is no error yet.
  if (name === '') return ok({ collection, document: null, token });
  const id = name === undefined ? undefined : documentId(collection, name);
  if (id?.ok !== true) {
    return err({
      closeCode: closeCodes.badName,
      message: id?.error.message ?? 'the path is not valid UTF-8',
    });
  }
  return ok({ collection: id.value.collection, document: id.value, token });
}

/** Where the token of a socket may be. */
export interface TokenSources {
  readonly authorization: string | undefined;
  /** `Sec-WebSocket-Protocol`: what pages have, which cannot set headers. */
  readonly protocols: string | undefined;
  /** Whether it may be in the address, which others log. */
  readonly inUrl: boolean;
}

export function tokenHeaders(
  headers: IncomingHttpHeaders,
): Pick<TokenSources, 'authorization' | 'protocols'> {
  return { authorization: headers.authorization, protocols: headers['sec-websocket-protocol'] };
}

/** A page offers `hearsay` and this with its token; the node answers with the former. */
export const tokenProtocol = 'hearsay.token.';

/** The token of an `Authorization` header; null where it has none. */
export function bearerOf(authorization: string | undefined): string | null {
  return /^Bearer ([\w.~+/=-]+)$/i.exec(authorization ?? '')?.[1] ?? null;
}

function tokenOf({ authorization, protocols = '' }: TokenSources): string | null {
  const offered = protocols.split(',').map((name) => name.trim());
  const token = offered.find((name) => name.startsWith(tokenProtocol));
  return bearerOf(authorization) ?? token?.slice(tokenProtocol.length) ?? null;
}

/** Once: browsers encode what people write, and what is encoded twice was meant so. What is not encoded is itself. */
function decodeName(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
