import type { FastifyInstance } from 'fastify';
import { isLoopback } from '../config/resolve.ts';
import { landingStyleHash } from './landing.ts';

/** Say on every answer that nothing here is to be framed, sniffed, cached or scripted. */
export const secureHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': `default-src 'none'; style-src '${landingStyleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'cache-control': 'no-store',
};

/**
 * Sets {@link secureHeaders} and the request's id on every answer. `isSecured`: a browser that has come over TLS comes so again. Not
 * under the names of this machine, which its other servers share.
 */
export function installHeaders(app: FastifyInstance, { isSecured }: { readonly isSecured: boolean }): void {
  app.addHook('onSend', async (request, reply, payload) => {
    reply.headers(secureHeaders).header('x-request-id', request.id);
    if (isSecured && !isLoopback(request.hostname))
      reply.header('strict-transport-security', 'max-age=31536000');
    return payload;
  });
}
