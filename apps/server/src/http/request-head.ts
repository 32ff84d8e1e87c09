import type { IncomingMessage } from 'node:http';
import type { HttpErrorCode } from './errors.ts';

/** Why a request is not looked at any further, by what comes before its body. */
export interface HeadRefusal {
  readonly code: HttpErrorCode;
  readonly message: string;
}

/**
 * Checks what Node lets pass and others may read differently. Node keeps the first of several headers and drops those beyond its
 * bound without a word, and a token in an address is in the logs of everybody on the way.
 */
export function refusedHead(
  { httpVersion, rawHeaders, url = '' }: Pick<IncomingMessage, 'httpVersion' | 'rawHeaders' | 'url'>,
  { isUpgrade, tokenInUrl }: { readonly isUpgrade: boolean; readonly tokenInUrl: boolean },
): HeadRefusal | undefined {
  if (httpVersion !== '1.1' && (isUpgrade || httpVersion !== '1.0')) {
    return { code: 'HTTP_VERSION_REFUSED', message: 'this is spoken over HTTP/1.1' };
  }
  if (!url.startsWith('/') && url !== '*') {
    return { code: 'BAD_REQUEST', message: 'an address has no host in it: that is what Host is for' };
  }
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  if (names.length > maxHeaders) {
    return { code: 'HEADERS_TOO_LARGE', message: `a request has at most ${maxHeaders} headers` };
  }
  for (const name of single) {
    if (names.indexOf(name) !== names.lastIndexOf(name))
      return { code: 'BAD_REQUEST', message: `the header ${name} may be given once` };
  }
  if (!tokenInUrl && new URLSearchParams(url.split('?', 2)[1] ?? '').has('token')) {
    return {
      code: 'BAD_REQUEST',
      message:
        'a token is not taken from the address, which is logged on the way: send it as "Authorization: Bearer TOKEN" or as the WebSocket protocol "hearsay.token.TOKEN" beside "hearsay", or start the node with --token-in-url',
    };
  }
  return undefined;
}

/** Browsers behind a few proxies send half as many. */
const maxHeaders = 64;

/** Who is asked, and who asks. */
const single = ['host', 'authorization'];
