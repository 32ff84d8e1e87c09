import type { FastifyInstance } from 'fastify';
import { parseStrictJson } from '../runtime/strict-json.ts';
import { HttpError } from './errors.ts';

/** Bodies are read by the one parser, which refuses what another might read differently. */
export function installJsonBodies(app: FastifyInstance): void {
  // Text too: forms of other pages can send it without being asked.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, parseStrictJson(String(body)));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      done(new HttpError('BAD_REQUEST', `the body is not JSON that is taken: ${why}`));
    }
  });
}
