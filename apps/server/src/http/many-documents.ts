import { collectionName, namePrefix } from '@hearsay/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ManyDocuments, ManyRequest } from '../maintenance/many-documents.ts';
import { auditDetails } from './audit.ts';
import { valid } from './documents.ts';
import { HttpError } from './errors.ts';
import { positionOf } from './pages.ts';

/** What the routes below need. */
export type DocumentsInMany = Pick<ManyDocuments, 'delete' | 'undelete' | 'count'>;

/**
 * `POST /deletions` and `/undeletions`, a page at a time: the documents of a collection whose names begin with `prefix`, from `after`
 * on. With `dryRun` they are counted. The answer's `next` is the next page's `after`; null at the end.
 */
export function manyDocumentsRoutes(admin: FastifyInstance, many: () => DocumentsInMany): void {
  for (const [path, what] of [
    ['/deletions', 'delete'],
    ['/undeletions', 'undelete'],
  ] as const) {
    admin.post(path, async (request) => {
      const { isDryRun, ...asked } = requestOf(request, what);
      const { collection, prefix, run } = asked;
      auditDetails(request, { collection, prefix, run, ...(isDryRun && { dryRun: true }) });
      if (isDryRun) return many().count(what, asked);
      const done = await many()[what](asked);
      if (!done.ok) throw new HttpError(done.error.code, done.error.message);
      const { documents, failed } = done.value;
      auditDetails(request, { documents, failed: failed.length });
      return done.value;
    });
  }
}

const body = z.strictObject({
  collection: z.string(),
  prefix: z.string().default(''),
  after: z.string().nullable().default(null),
  limit: z.int().min(1).max(1000).default(500),
  dryRun: z.boolean().default(false),
  run: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .optional(),
});

function requestOf(
  { body: given }: FastifyRequest,
  what: 'delete' | 'undelete',
): ManyRequest & { readonly isDryRun: boolean } {
  const asked = body.safeParse(given);
  if (!asked.success) {
    const [issue] = asked.error.issues;
    const where = issue?.path.join('.');
    throw new HttpError(
      'BAD_REQUEST',
      `the body is not taken${where ? ` at ${where}` : ''}: ${issue?.message}`,
    );
  }
  const { collection, prefix, after, limit, dryRun: isDryRun, run } = asked.data;
  return {
    collection: valid(collectionName(collection)),
    prefix: valid(namePrefix(prefix)),
    after: what === 'delete' ? after && valid(namePrefix(after)) : positionOf(after),
    limit,
    run,
    isDryRun,
  };
}
