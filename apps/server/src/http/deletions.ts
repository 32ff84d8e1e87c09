import type { Result } from '@hearsay/core';
import type { FastifyInstance } from 'fastify';
import type { DeletionError, Deletions } from '../maintenance/deletions.ts';
import type { AdminAccess } from './admin-access.ts';
import { requireId } from './documents.ts';
import { HttpError } from './errors.ts';

/** What the routes below need. */
export type DocumentDeletions = Pick<Deletions, 'delete' | 'undelete' | 'kept'>;

/**
 * `DELETE /api/documents/:collection/:name`, `GET /api/deleted` and `POST /api/deleted/:collection/:name`: for operators.
 */
export function deletionRoutes(
  app: FastifyInstance,
  access: AdminAccess,
  deletions: () => DocumentDeletions,
): void {
  void app.register(async (guarded) => {
    guarded.addHook('onRequest', (request) => access.require(request));

    guarded.delete('/api/documents/:collection/*', async (request) => {
      return orThrow(await deletions().delete(idOf(request.params)));
    });

    guarded.get('/api/deleted', async () => ({ documents: await deletions().kept() }));

    guarded.post('/api/deleted/:collection/*', async (request) => {
      const id = idOf(request.params);
      return { ...id, ...orThrow(await deletions().undelete(id)) };
    });
  });
}

function idOf(params: unknown): ReturnType<typeof requireId> {
  const { collection = '', '*': name = '' } = params as Record<string, string>;
  return requireId(collection, name);
}

function orThrow<T>(result: Result<T, DeletionError>): T {
  if (result.ok) return result.value;
  throw new HttpError(result.error.code, result.error.message);
}
