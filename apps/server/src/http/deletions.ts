import { type DocumentId, documentId, type Result } from '@hearsay/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
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
  /** Who may not is told so before anything is said of the name. */
  async function administered(request: FastifyRequest): Promise<DocumentId> {
    const { collection = '', '*': name = '' } = request.params as Record<string, string>;
    const id = documentId(collection, name);
    await access.require(request, id.ok ? id.value : undefined);
    return requireId(collection, name);
  }

  void app.register(async (guarded) => {
    guarded.delete('/api/documents/:collection/*', async (request) => {
      const id = await administered(request);
      return orThrow(await deletions().delete(id));
    });

    guarded.get('/api/deleted', async (request) => {
      await access.require(request);
      return { documents: await deletions().kept() };
    });

    guarded.post('/api/deleted/:collection/*', async (request) => {
      const id = await administered(request);
      return { ...id, ...orThrow(await deletions().undelete(id)) };
    });
  });
}

function orThrow<T>(result: Result<T, DeletionError>): T {
  if (result.ok) return result.value;
  throw new HttpError(result.error.code, result.error.message);
}
